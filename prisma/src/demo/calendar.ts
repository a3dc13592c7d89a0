/** The present of the demo data, fixed so that it is the same on every run: everything in it happened before. */
export const DEMO_DATE = new Date('2026-11-01T12:00:00Z')

const HOUR_MS = 3_600_000

export function daysBefore(date: Date, days: number): Date {
  return hoursAfter(date, -24 * days)
}

export function hoursAfter(date: Date, hours: number): Date {
  return new Date(date.getTime() + Math.round(hours * HOUR_MS))
}

export function daysBetween(from: Date, to: Date): number {
  return (to.getTime() - from.getTime()) / HOUR_MS / 24
}

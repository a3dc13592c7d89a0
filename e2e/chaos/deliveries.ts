/** What reached its subscriber, as the proxies and the copier see it. */
export interface Deliveries {
  /** An event was seen for the first time, which is the order in which its sender sent it. */
  sent(event: SentEvent): void
  /** A subscriber took an event. */
  taken(event: SentEvent): void
  counts(): { deliveries: number; repeats: number; overtaken: number }
}

/** As much of an event as counts. */
export interface SentEvent {
  id: string
  subject: string
}

/** Counts deliveries, those of an event that was delivered before, and those after a later event of the same subject. */
export function createDeliveries(): Deliveries {
  const positions = new Map<string, number>()
  const delivered = new Set<string>()
  const latest = new Map<string, number>()
  const counts = { deliveries: 0, repeats: 0, overtaken: 0 }
  return {
    sent({ id }) {
      if (!positions.has(id)) positions.set(id, positions.size)
    },
    taken({ id, subject }) {
      const position = positions.get(id) ?? 0
      const last = latest.get(subject) ?? -1
      counts.deliveries += 1
      if (delivered.has(id)) counts.repeats += 1
      if (last > position) counts.overtaken += 1
      delivered.add(id)
      latest.set(subject, Math.max(last, position))
    },
    counts: () => ({ ...counts }),
  }
}

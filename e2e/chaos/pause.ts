import { setTimeout as sleep } from 'node:timers/promises'

/** Waits; less when told so. */
export async function pause(ms: number, until: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal: until }).catch(() => undefined)
}

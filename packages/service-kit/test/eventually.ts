import { setTimeout as sleep } from 'node:timers/promises'

/** Waits until something holds; the test's own timeout is the limit. */
export async function eventually(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(2)
}

import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Waits until something holds.
 *
 * @throws Error after 20 seconds: longer than a test may take, but a loop without an end would keep the run from ending.
 */
export async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`Never came true: ${String(holds)}`)
    await sleep(5)
  }
}

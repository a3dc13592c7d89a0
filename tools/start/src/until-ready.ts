import { setTimeout as sleep } from 'node:timers/promises'

/** Waits until the health route answers 200; rejects when the start is to be given up. */
export async function untilReady(url: string, stopping: AbortSignal): Promise<void> {
  for (;;) {
    stopping.throwIfAborted()
    const ready = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    )
    if (ready) return
    await sleep(50)
  }
}

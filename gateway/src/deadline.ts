/** An abort signal with an end: its time is over, its parent aborts, or somebody aborts it. */
export interface Deadline extends Disposable {
  /** Aborts with a {@link TimeIsOverError}, the reason of the parent, or that given to `abort`. */
  readonly signal: AbortSignal
  /** When its time is over, in the time of `performance.now()`. */
  readonly at: number
  abort(reason: Error): void
}

/** The time of a deadline is over. */
export class TimeIsOverError extends Error {
  override readonly name = 'TimeIsOverError'
}

/**
 * Starts a deadline. Disposing it ends its timer and lets go of its parent; nothing else does before its time is over.
 * `AbortSignal.any` and `AbortSignal.timeout` would do neither, and cost a hundred microseconds for each request.
 */
export function startDeadline({ withinMs, parent }: { withinMs: number; parent?: AbortSignal }): Deadline {
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(new TimeIsOverError('The time is over.')), withinMs)
  const follow = () => controller.abort(parent?.reason)
  if (parent?.aborted) follow()
  else parent?.addEventListener('abort', follow)
  return {
    signal: controller.signal,
    at: performance.now() + withinMs,
    abort: (reason) => controller.abort(reason),
    [Symbol.dispose]() {
      clearTimeout(timer)
      parent?.removeEventListener('abort', follow)
    },
  }
}

/** Waits for something until `signal` aborts, undefined then; what was waited for goes on. */
export async function unlessAborted<Value>(waited: Promise<Value>, signal: AbortSignal): Promise<Value | undefined> {
  const { promise: aborted, resolve } = Promise.withResolvers<undefined>()
  const giveUp = () => resolve(undefined)
  if (signal.aborted) giveUp()
  signal.addEventListener('abort', giveUp)
  try {
    return await Promise.race([aborted, waited])
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
}

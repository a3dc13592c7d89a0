/** The check can't run as it was asked to; the message says what to do instead. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

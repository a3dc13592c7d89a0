const MOST_LENGTH = 500

/** What went wrong in one line of at most 500 characters, with the reason below it: `fetch` says only that it failed. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return shortened(String(error))
  return shortened(error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message)
}

/** A text as one line of at most 500 characters. */
export function shortened(text: string): string {
  // Control characters, of which PostgreSQL takes no NUL, may come from whoever answered.
  const line = text
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .toWellFormed()
    .trim()
  return line.length > MOST_LENGTH ? `${line.slice(0, MOST_LENGTH)}…` : line
}

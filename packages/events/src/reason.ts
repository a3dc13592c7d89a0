const MOST_LENGTH = 500

/** What went wrong in one line, with the reason below it: `fetch` says only that it failed. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return shortened(String(error))
  return shortened(error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message)
}

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length > MOST_LENGTH ? `${line.slice(0, MOST_LENGTH)}…` : line
}

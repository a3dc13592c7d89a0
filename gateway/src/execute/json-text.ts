/** What JSON writes in another way than it is: quotes, backslashes, control characters, and halves of surrogate pairs. */
// oxlint-disable-next-line no-control-regex -- These are what JSON escapes.
const ESCAPED = /["\\\u0000-\u001f\ud800-\udfff]/

/** The JSON text of a value that came from JSON. Most are short strings, which the engine's own writer is slow at. */
export function jsonText(value: unknown): string {
  if (typeof value === 'string') return ESCAPED.test(value) ? JSON.stringify(value) : `"${value}"`
  return JSON.stringify(value)
}

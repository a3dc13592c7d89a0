/** What JSON writes in another way than it is: quotes, backslashes, control characters, and halves of surrogate pairs. */
// oxlint-disable-next-line no-control-regex -- These are what JSON escapes.
const ESCAPED = /["\\\u0000-\u001f\ud800-\udfff]/

/** The JSON text of a value that came from JSON: mostly a short string or a number, which the engine's own writer is slow at. */
export function jsonText(value: unknown): string {
  if (typeof value === 'string') return ESCAPED.test(value) ? JSON.stringify(value) : `"${value}"`
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : JSON.stringify(value)
}

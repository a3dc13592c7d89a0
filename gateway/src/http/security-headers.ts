/**
 * Headers that take from browsers what JSON does not need: to be framed, sniffed or run, to be embedded by other
 * origins (answers to CORS requests are no embedding), to tell addresses to others. Pages such as the explorer replace
 * the policy with one of their own.
 */
export function securityHeaders({ hstsSeconds }: { hstsSeconds: number }): Readonly<Record<string, string>> {
  return {
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-frame-options': 'DENY',
    ...(hstsSeconds > 0 ? { 'strict-transport-security': `max-age=${hstsSeconds}` } : {}),
  }
}

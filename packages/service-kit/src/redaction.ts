/** Keys whose values never reach a log line, whatever object carries them. */
const SECRETS: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  'set-cookie',
  'password',
  'currentPassword',
  'newPassword',
  'accessToken',
  'refreshToken',
  'token',
  'x-portico-identity',
])

/** How far below the object itself secrets are looked for; an entry of a list is one level below the list. */
const LEVELS = 2

type Loggable = Readonly<Record<string, unknown>>

/**
 * What is logged of an object: the object itself, or a copy without the secrets in it and up to two levels below, and with
 * errors described. A walk of our own in place of pino's `redact`, whose thirty paths made each line of a request several
 * times as dear as the line itself.
 */
export function redact(value: object): Record<string, unknown> {
  return withoutSecrets(value as Loggable, LEVELS)
}

function withoutSecrets(value: Loggable, levels: number): Record<string, unknown> {
  let copy: Record<string, unknown> | undefined
  for (const key of Object.keys(value)) {
    const part = value[key]
    const shown = SECRETS.has(key) ? '[redacted]' : shownOf(part, levels - 1)
    if (shown === part) continue
    copy ??= Object.assign(Array.isArray(value) ? [] : {}, value) as Record<string, unknown>
    copy[key] = shown
  }
  return copy ?? value
}

function shownOf(part: unknown, levels: number): unknown {
  if (typeof part !== 'object' || part === null) return part
  if (part instanceof Error) return describeError(part)
  return levels < 0 ? part : withoutSecrets(part as Loggable, levels)
}

/**
 * What is logged of an error. Drivers hang whole connections on their errors, passwords included, so nothing is taken
 * over but what is named here.
 */
function describeError(error: Error): Record<string, unknown> {
  return {
    type: error.name,
    message: error.message,
    ...('code' in error ? { code: error.code } : {}),
    stack: error.stack,
    ...(error.cause instanceof Error ? { cause: describeError(error.cause) } : {}),
  }
}

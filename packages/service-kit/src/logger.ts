import { pino, type DestinationStream, type Logger } from 'pino'

export type { Logger }

/** Paths that never reach a log line, whatever object carries them. */
const SECRETS = [
  'authorization',
  'cookie',
  '["set-cookie"]',
  'password',
  'currentPassword',
  'newPassword',
  'accessToken',
  'refreshToken',
  'token',
  '["x-portico-identity"]',
]

/** The level that `LOG_LEVEL` names; `info` when it names none, since something has to say that it is wrong. */
export function logLevelFrom(env: Readonly<Record<string, string | undefined>>): string {
  const level = env['LOG_LEVEL'] ?? ''
  return Object.hasOwn(pino.levels.values, level) || level === 'silent' ? level : 'info'
}

/**
 * The logger of a process: JSON lines on standard output. Secrets are redacted up to two levels deep; do not log
 * whole requests or variables all the same.
 */
export function createLogger(
  { service, level }: { service: string; level: string },
  destination: DestinationStream = pino.destination({ dest: 1, sync: true }),
): Logger {
  return pino(
    {
      level,
      base: { service },
      formatters: { level: (label) => ({ level: label }) },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: describeError },
      redact: {
        paths: SECRETS.flatMap((key) =>
          key.startsWith('[') ? [key, `*${key}`, `*.*${key}`] : [key, `*.${key}`, `*.*.${key}`],
        ),
        censor: '[redacted]',
      },
    },
    destination,
  )
}

/**
 * What is logged of an error. Drivers hang whole connections on their errors, passwords included, so nothing is taken
 * over but what is named here.
 */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  return {
    type: error.name,
    message: error.message,
    ...('code' in error ? { code: error.code } : {}),
    stack: error.stack,
    ...(error.cause instanceof Error ? { cause: describeError(error.cause) } : {}),
  }
}

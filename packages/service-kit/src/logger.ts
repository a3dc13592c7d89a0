import { pino, type DestinationStream, type Logger } from 'pino'
import { redact } from './redaction.ts'

export type { Logger }

/** The logger of one request: its lines carry the request's id. Fastify makes it. */
export type RequestLogger = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>

/** The level that `LOG_LEVEL` names; `info` when it names none, since something has to say that it is wrong. */
export function logLevelFrom(env: Readonly<Record<string, string | undefined>>): string {
  const level = env['LOG_LEVEL'] ?? ''
  return Object.hasOwn(pino.levels.values, level) || level === 'silent' ? level : 'info'
}

/**
 * The logger of a process: JSON lines on standard output. Secrets are redacted up to two levels deep, and of errors only
 * what is known to be harmless is taken over; do not log whole requests or variables all the same.
 */
export function createLogger(
  { service, level }: { service: string; level: string },
  destination: DestinationStream = pino.destination({ dest: 1, sync: true }),
): Logger {
  const log = pino(
    {
      level,
      base: { service },
      formatters: { level: (label) => ({ level: label }), log: redact },
      // Errors are described by then; pino's own serializer would do it once more.
      serializers: { err: (described: unknown) => described },
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    destination,
  )
  // No formatter sees the bindings of a child. Children of children inherit both.
  const pinos = Object.getPrototypeOf(log) as Logger
  log.child = function (this: Logger, bindings, options) {
    return pinos.child.call(this, redact(bindings), options)
  } as Logger['child']
  log.setBindings = function (this: Logger, bindings) {
    pinos.setBindings.call(this, redact(bindings))
  }
  return log
}

import closeWithGrace from 'close-with-grace'
import type { Environment } from './config.ts'
import { ConfigError } from './config-error.ts'
import { createLogger, logLevelFrom, type Logger } from './logger.ts'

/** `EX_CONFIG` of sysexits.h: starting again without a change of configuration is of no use. */
export const EXIT_CONFIG = 78

/** A process, from its start to its end. */
export interface Program {
  /** The name that log lines carry. */
  service: string
  env: Environment
  /**
   * Starts everything, and returns what stops it. Told to stop meanwhile, the process waits for it before it disposes;
   * what may take long gives up when `stopping` aborts.
   */
  start: (log: Logger, stopping: AbortSignal) => Promise<Running>
  /** Exit code of configuration mistakes. Default {@link EXIT_CONFIG}. */
  exitOnMistakes?: number
  /** Where to log; by default JSON lines on standard output, of the level that `LOG_LEVEL` names. */
  log?: Logger
  /** What SIGHUP does; by default it stops the process, as the other signals do. */
  onHangup?: (log: Logger) => void
  /** Who is told of configuration mistakes; by default standard error is. */
  onMistakes?: (error: ConfigError) => Promise<void>
  /**
   * Stops the process when it aborts, its reason says why, in place of SIGINT and SIGTERM: for one whose parent decides,
   * and which may meet such a signal beside, since terminals and supervisors send them to all processes of a group.
   */
  until?: AbortSignal
}

/** What a program started. */
export interface Running extends AsyncDisposable {
  /** How long stopping may take before the process exits all the same, with code 1. Default 15,000 ms. */
  stopWithinMs?: number
}

const STOP_WITHIN_MS = 15_000
const HANGUP = ['SIGHUP'] as const
const STOP_SIGNALS = ['SIGINT', 'SIGTERM'] as const

/**
 * The one path by which a process starts and stops. SIGINT, SIGTERM, an uncaught error and the loss of the parent that
 * opened an IPC channel all end in disposing what `start` returned. Exit codes: 0 stopped as asked, 1 failed,
 * 78 (or `exitOnMistakes`) configuration mistakes, which are printed one per line.
 */
export async function runProgram(program: Program): Promise<void> {
  const { service, env, start, onHangup, onMistakes = printMistakes, until, exitOnMistakes = EXIT_CONFIG } = program
  const log = program.log ?? createLogger({ service, level: logLevelFrom(env) })
  const stopping = new AbortController()
  let starting: Promise<Running> | undefined
  let stopped: Promise<void> | undefined

  async function printMistakes({ message }: ConfigError): Promise<void> {
    process.stderr.write(`${service}: ${message}\n`)
  }

  function exitAfter(stopWithinMs: number): NodeJS.Timeout {
    return setTimeout(() => {
      log.error({ stopWithinMs }, 'stopping took too long')
      process.exit(1)
    }, stopWithinMs).unref()
  }

  async function stop({ err, signal }: { err?: Error; signal?: string }): Promise<void> {
    if (err) log.fatal({ err }, 'stopping after an uncaught error')
    else log.info({ signal: signal ?? (until?.aborted ? String(until.reason) : 'parent gone') }, 'stopping')
    stopping.abort()
    let deadline = exitAfter(STOP_WITHIN_MS)
    const running = await starting?.catch(() => undefined)
    clearTimeout(deadline)
    deadline = exitAfter(running?.stopWithinMs ?? STOP_WITHIN_MS)
    try {
      await running?.[Symbol.asyncDispose]()
    } catch (failure) {
      log.error({ err: failure }, 'could not stop cleanly')
      throw failure
    }
    if (err) throw err
    log.info('stopped')
  }

  const { close } = closeWithGrace(
    {
      // What runs knows how long it needs: the deadline is ours.
      delay: false,
      logger: false,
      skip: ['beforeExit', ...(onHangup ? HANGUP : []), ...(until ? STOP_SIGNALS : [])],
      onSecondSignal: (signal) => log.warn({ signal }, 'stopping at once'),
      onSecondError: (err) => log.fatal({ err }, 'stopping at once after another error'),
    },
    // A parent that sends a signal and then goes away asks twice for the same.
    (reason) => (stopped ??= stop(reason)),
  )
  // A supervisor that was killed can't send a signal, but its end of the channel closes.
  process.once('disconnect', () => close())
  if (onHangup) process.on('SIGHUP', () => onHangup(log))
  until?.addEventListener('abort', () => close(), { once: true })

  try {
    starting = start(log, stopping.signal)
    await starting
  } catch (err) {
    if (stopped) return
    if (err instanceof ConfigError) {
      await onMistakes(err)
      process.exit(exitOnMistakes)
    }
    log.fatal({ err }, 'could not start')
    process.exit(1)
  }
}

import cluster from 'node:cluster'
import type { Environment } from '@portico/service-kit/config'
import { runProgram, type Running } from '@portico/service-kit/lifecycle'
import type { Logger } from '@portico/service-kit/logger'
import { createReadinessPolls } from '@portico/service-kit/readiness-polls'
import type { GroupAdmin } from './group-admin.ts'
import { startGroup, type Group } from './group.ts'
import type { Prepared } from './messages.ts'
import { watchSupergraph } from './supergraph-watch.ts'
import { createWindowCounts } from './window-counts.ts'

/** A gateway of several processes. */
export interface PrimaryProgram extends WorkersOptions {
  /** The name that log lines carry. */
  service: string
  env: Environment
  /** Exit code of configuration mistakes; the default is that of {@link runProgram}. */
  exitOnMistakes?: number
}

/** What the workers are. */
export interface WorkersOptions {
  /** How many serve; with one it can be replaced without failing a request, as well. */
  workers: number
  /** The program that each runs: it calls `runWorker`. */
  exec: string
  /** Its arguments. */
  args: readonly string[]
}

/**
 * Runs the process that holds the port, and serves no requests itself: it starts the workers, replaces those that end, and
 * all of them on SIGHUP or when the supergraph has become another one. Workers read the configuration, each anew, and tell
 * it what it has to know. Exit codes are those of {@link runProgram}.
 */
export async function runPrimary(program: PrimaryProgram): Promise<void> {
  let running: Primary | undefined
  let isRollDue = false
  await runProgram({
    ...program,
    onHangup() {
      if (running) void running.roll('SIGHUP')
      // Workers that are starting may have read the configuration already.
      else isRollDue = true
    },
    async start(log, stopping) {
      running = await startPrimary(program, { log, stopping })
      if (isRollDue) void running.roll('SIGHUP')
      return running
    },
  })
}

interface Primary extends Running {
  roll: (reason: string) => Promise<void>
}

/** Beyond what the workers need to stop, of which the last are killed by then. */
const STOP_GRACE_MS = 2000

async function startPrimary(
  { workers: size, exec, args }: WorkersOptions,
  { log, stopping }: { log: Logger; stopping: AbortSignal },
): Promise<Primary> {
  await using stack = new AsyncDisposableStack()
  // The kernel deals connections less evenly, and takes none back from a worker that is about to end (decision 015).
  cluster.schedulingPolicy = cluster.SCHED_RR
  cluster.setupPrimary({ exec, args: [...args] })
  let admin: GroupAdmin | undefined
  stack.defer(async () => admin?.[Symbol.asyncDispose]())
  const watch = stack.use(watchSupergraph({ log, changed: () => group.roll('the supergraph has changed') }))
  const polls = createReadinessPolls()
  const firstPrepared = Promise.withResolvers<Prepared>()
  const group: Group = startGroup({
    log,
    size,
    polls,
    events: {
      count: createWindowCounts(),
      prepared(_, prepared) {
        watch.follow(prepared.source, prepared.fingerprint)
        firstPrepared.resolve(prepared)
      },
      ended: (_, { metrics }) => admin?.keep(metrics),
    },
  })
  stack.defer(() => group.stop())
  stopping.addEventListener('abort', () => void group.stop(), { once: true })
  // However this process ends, if it can still act.
  process.once('exit', () => group.members().forEach(({ kill }) => kill()))
  group.started.catch(firstPrepared.reject)
  const { admin: config } = await firstPrepared.promise
  if (config) {
    const { startGroupAdmin } = await import('./group-admin.ts')
    admin = await startGroupAdmin(group, { config, log, polls, isStopping: () => stopping.aborted })
  }
  log.info({ workers: size }, `listening on ${await group.started}`)

  const running = stack.move()
  return {
    async roll(reason) {
      await watch.settle()
      group.roll(reason)
    },
    get stopWithinMs() {
      return group.stopWithinMs() + STOP_GRACE_MS
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

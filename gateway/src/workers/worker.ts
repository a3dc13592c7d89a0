import cluster, { type Worker } from 'node:cluster'
import type { Environment } from '@portico/service-kit/config'
import { runProgram } from '@portico/service-kit/lifecycle'
import { createLogger, logLevelFrom } from '@portico/service-kit/logger'
import { collectMetrics } from '@portico/service-kit/metrics'
import type { GatewayConfig } from '../config.ts'
import { startGateway } from '../gateway.ts'
import { fingerprintOf } from './fingerprint.ts'
import type { Introduction, Membership } from './membership.ts'
import type { Counted, Prepared, PrimaryMessage, WorkerMessage } from './messages.ts'
import { createQuestions } from './questions.ts'
import { createSharedPolls } from './shared-polls.ts'

/** A process that `runPrimary` started. */
export interface WorkerProgram {
  /** The name that log lines carry, beside the number of the worker and its process id. */
  service: string
  env: Environment
  /** Reads the configuration, as it is now. */
  load: () => GatewayConfig | Promise<GatewayConfig>
  /** Exit code of configuration mistakes; the default is that of `runProgram`. */
  exitOnMistakes?: number
}

/**
 * How long the primary has to say what a signal means: terminals and supervisors send it to all processes of a group, and
 * the primary decides then. One that was sent to a worker alone makes it leave.
 */
const PRIMARY_SPEAKS_WITHIN_MS = 500

/** How often a change of readiness is looked for. */
const READINESS_MS = 200

/** Runs one gateway of a group, until the primary says that it is over or is gone. */
export async function runWorker({ service, env, load, ...exits }: WorkerProgram): Promise<void> {
  if (!cluster.worker) throw new Error('runWorker is for processes that runPrimary has started.')
  const { id } = cluster.worker
  const primary = connectToPrimary(cluster.worker)
  await runProgram({
    ...exits,
    service,
    env,
    log: createLogger({ service, level: logLevelFrom(env) }).child({ worker: id, pid: process.pid }),
    until: primary.over,
    // The primary got the same signal, and decides.
    onHangup: () => undefined,
    onMistakes: ({ problems }) => primary.tell({ type: 'mistaken', problems }),
    async start(log) {
      const config = await load()
      log.level = config.logLevel
      const { source } = config.supergraph
      const fingerprint = await fingerprintOf(source)
      const group = primary.join({ source, fingerprint, admin: config.health.admin })
      const gateway = await startGateway(config, { log, group })
      const { stopWithinMs } = gateway
      await primary.tell({ type: 'serving', origin: gateway.url.origin, stopWithinMs })
      return {
        stopWithinMs,
        async [Symbol.asyncDispose]() {
          await primary.leave()
          await gateway[Symbol.asyncDispose]()
          await primary.tellTheLast()
        },
      }
    },
  })
}

function connectToPrimary(worker: Worker) {
  const counting = createQuestions<Counted>()
  const polls = createSharedPolls(() => void tell({ type: 'polled' }))
  const ending = new AbortController()
  const mayListen = Promise.withResolvers<void>()
  const farewell = Promise.withResolvers<void>()
  let told: 'nothing' | 'hand over' | 'stop' = 'nothing'
  let self: Introduction | undefined
  // Nobody may be waiting for it yet.
  mayListen.promise.catch(() => undefined)

  /** Resolves when it is sent; that the primary is gone shows elsewhere. */
  function tell(message: WorkerMessage): Promise<void> {
    return new Promise((resolve) => {
      if (worker.isConnected()) process.send?.(message, undefined, {}, () => resolve())
      else resolve()
    })
  }

  async function answer(id: number): Promise<void> {
    if (!self) return
    const { report, registry } = self
    await tell({ type: 'answer', id, value: { report: report(), metrics: await collectMetrics(registry) } })
  }

  function onMessage(message: PrimaryMessage): void {
    if (message.type === 'listen') mayListen.resolve()
    else if (message.type === 'examine') void answer(message.id)
    else if (message.type === 'answer') counting.answered(message.id, message.value)
    else if (message.type === 'farewell') farewell.resolve()
    else {
      told = message.type
      if (message.type === 'stop') polls.learn(message.polled)
      ending.abort(told === 'stop' ? 'all workers stop' : 'handed over')
    }
  }

  function end(reason: string): void {
    mayListen.reject(new Error(`The worker has to end: ${reason}.`))
    ending.abort(reason)
  }

  function watchReadiness({ report }: Introduction): void {
    let before = report().status
    setInterval(() => {
      const now = report()
      if (now.status !== before) void tell({ type: 'readiness', report: now })
      before = now.status
    }, READINESS_MS).unref()
  }

  process.on('message', onMessage)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => setTimeout(() => end(signal), PRIMARY_SPEAKS_WITHIN_MS))
  }
  worker.once('disconnect', () => {
    // Else Node ends the process here and now, in the middle of its requests.
    worker.exitedAfterDisconnect = true
    told = 'stop'
    counting.fail(new Error('The primary is gone.'))
    farewell.resolve()
    end('primary gone')
  })

  return {
    over: ending.signal,
    tell,
    join: (prepared: Prepared): Membership => ({
      introduce(introduction) {
        self = introduction
      },
      async mayListen() {
        if (self) {
          watchReadiness(self)
          await tell({ type: 'readiness', report: self.report() })
        }
        await tell({ type: 'prepared', ...prepared })
        await mayListen.promise
      },
      isHandedOver: () => told !== 'stop',
      polls,
      counts: {
        defineCommand: () => undefined,
        multi: () => undefined,
        async rlflxIncr([key = '', points, seconds]) {
          const point = { key, points: Number(points), seconds: Number(seconds) }
          return counting.ask((id) => void tell({ type: 'count', id, point }))
        },
      },
    }),
    async leave(): Promise<void> {
      if (told === 'nothing') await tell({ type: 'leaving' })
    },
    async tellTheLast(): Promise<void> {
      if (!self) return
      await tell({ type: 'ended', metrics: await collectMetrics(self.registry) })
      // Connections may be on their way that were dealt before the port was closed: they are sent back, not ended with.
      if (worker.isConnected()) await farewell.promise
    },
  }
}

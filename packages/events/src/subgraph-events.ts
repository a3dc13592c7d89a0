import { outliveConnections } from '@portico/service-kit/database'
import type { HealthCheck } from '@portico/service-kit/health'
import type { Logger } from '@portico/service-kit/logger'
import { startPeriodic, type PeriodicJob } from '@portico/service-kit/periodic'
import type { FastifyInstance } from 'fastify'
import pLimit from 'p-limit'
import { Pool } from 'pg'
import type { Registry } from 'prom-client'
import type { EventsConfig, TransportConfig } from './config.ts'
import { SUBSCRIPTIONS } from './contract.ts'
import { createInbox, type Handler } from './inbox.ts'
import { startListening } from './listener.ts'
import { createEventMetrics } from './metrics.ts'
import { openTransport } from './open-transport.ts'
import { startRelay } from './relay.ts'
import { pruneEvents } from './retention.ts'
import type { SqlDatabase, SqlTransaction } from './sql.ts'
import { readEventsState, type EventsState, type Handling } from './state.ts'
import type { BrokerQueues } from './transport.ts'
import { createWake } from './wake.ts'

/** What a subgraph's events are made of. */
export interface SubgraphEventsOptions<Transaction extends SqlTransaction> {
  /** The name of the subgraph. */
  subgraph: string
  config: EventsConfig
  db: SqlDatabase<Transaction>
  /** The same database as a connection string, for the relay's own connections. */
  databaseUrl: string
  /** One for each kind of event that the subgraph subscribes to. */
  handlers: readonly Handler<Transaction>[]
  log: Logger
  /** The clock of retention. Default the system's. */
  now?: () => number
}

/** How far a subgraph's events are, by what they travel, and how many are being handled. */
export interface EventsReport extends EventsState {
  transport: TransportConfig['kind']
  handling: Handling
  /** What a broker holds for the subgraph: undefined without one, and while it does not tell. */
  broker?: BrokerQueues
}

/** A subgraph's events, at work. Disposing stops sending and receiving; what is under way ends. */
export interface SubgraphEvents extends AsyncDisposable {
  /** Adds the route by which events come in. */
  routes: (app: FastifyInstance) => void
  checks: readonly HealthCheck[]
  /** Adds the metrics of events to those of the subgraph. */
  expose: (registry: Registry) => void
  /** For operators, as of at most a second ago. */
  report: () => EventsReport
}

/** Batches of the outbox that are under way at once. */
const LANES = 2
const LOOK_MS = 1000
/** From then on an event that waits is worth a warning. The gateway, which knows nothing of this package, has it too. */
const LATE_SECONDS = 60
const PRUNE_MS = 600_000
/** Events that may wait for their turn to be handled: about what is handled while a sender waits for an answer. */
const MOST_WAITING = 500

/**
 * Starts what sends the events that a subgraph announces, and receives those that it handles.
 *
 * @throws ConfigError when a key file can't be used, Error when a kind of event has no handler.
 */
export async function startSubgraphEvents<Transaction extends SqlTransaction>(
  options: SubgraphEventsOptions<Transaction>,
): Promise<SubgraphEvents> {
  const { subgraph, config, db, databaseUrl, handlers, log, now = Date.now } = options
  requireHandlers(subgraph, handlers)
  await using stack = new AsyncDisposableStack()
  const inbox = createInbox({ db, handlers, log })
  const metrics = createEventMetrics(handlers.map(({ type }) => type.name))
  const limit = pLimit(config.concurrency)
  const transport = await openTransport({ subgraph, config: config.transport, log })
  const pool = openPool(subgraph, databaseUrl, log)
  stack.defer(() => pool.end())
  let state = await readEventsState(pool)
  let broker: BrokerQueues | undefined

  const periodically = (name: string, everyMs: number, run: PeriodicJob['run']) =>
    stack.use(startPeriodic({ name, everyMs, run, log }))
  periodically('prune events', PRUNE_MS, (signal) => pruneEvents(db, now(), signal))
  periodically('look at events', LOOK_MS, async () => {
    state = await readEventsState(pool)
  })
  periodically('retry events', LOOK_MS, async (signal) => {
    if (state.inbox.pending > 0) await inbox.retry(signal)
  })

  if (transport) {
    stack.use(transport)
    await transport.receive(async (event, signal) => {
      if (limit.pendingCount >= MOST_WAITING) throw new Error('too many events wait to be handled')
      await limit(async () => {
        if (signal?.aborted) throw new Error('nobody waits for it any more')
        const started = performance.now()
        const outcome = await inbox.receive(event).catch((error: unknown) => {
          metrics.received(event, 'refused', started)
          throw error
        })
        metrics.received(event, outcome, started)
      })
    })
    const { queues } = transport
    if (queues) {
      // By itself, since a broker that hangs must not keep the rest from being seen.
      periodically('look at the broker', LOOK_MS, async () => {
        broker = await queues().catch(() => undefined)
      })
    }
    const wake = createWake()
    stack.use(startListening({ url: databaseUrl, channel: 'outbox_event', wake, log }))
    stack.use(startRelay({ subgraph, pool, transport, wake, log, lanes: LANES }))
  }

  function report(): EventsReport {
    const { activeCount: active, pendingCount: waiting } = limit
    const handling = { active, waiting, limit: config.concurrency }
    return { transport: config.transport.kind, ...state, handling, ...(broker && { broker }) }
  }

  async function checkState() {
    for (const queue of ['outbox', 'inbox'] as const) {
      const { dead, lagSeconds } = state[queue]
      if (dead > 0) throw new Error(`${dead} dead letters in the ${queue}: npm run events`)
      if (lagSeconds > LATE_SECONDS)
        throw new Error(`the oldest event of the ${queue} waits for ${Math.round(lagSeconds)} s`)
    }
    if (broker && broker.dead > 0) throw new Error(`${broker.dead} dead messages in the broker: npm run events`)
  }

  const started = stack.move()
  return {
    routes: (app) => transport?.routes?.(app),
    checks: [...(transport?.check ? [transport.check] : []), { name: 'events', optional: true, check: checkState }],
    expose: (registry) => metrics.expose(registry, report),
    report,
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  }
}

/** Connections beside those of requests: one for each lane, which holds it while it sends, and one to look around. */
function openPool(subgraph: string, connectionString: string, log: Logger): Pool {
  const options = {
    connectionString,
    application_name: `portico-${subgraph}-events`,
    max: LANES + 1,
    connectionTimeoutMillis: 2000,
    // A relay that hangs in a batch loses it to another one.
    idle_in_transaction_session_timeout: 15_000,
    statement_timeout: 10_000,
    query_timeout: 11_000,
    keepAlive: true,
  }
  const pool = outliveConnections(new Pool(options))
  pool.on('error', (err) => log.warn({ err }, 'database connection lost'))
  return pool
}

function requireHandlers(subgraph: string, handlers: readonly Handler<never>[]): void {
  const missing = (SUBSCRIPTIONS[subgraph] ?? []).filter((type) => !handlers.some((one) => one.type === type))
  if (missing.length > 0) throw new Error(`${subgraph} handles no ${missing.map(({ name }) => name).join(', ')}.`)
}

import { Pool } from 'pg'
import { listDeadLetters, replayDeadLetters, type DeadLetter } from './dead-letters.ts'
import { parseEventsArguments } from './events-arguments.ts'
import { readHeldMessages, replayDeadMessages, type HeldMessages } from './rabbitmq-dead-messages.ts'
import { reasonOf } from './reason.ts'
import { resendEvents } from './resend.ts'
import { readEventsState, type EventsState } from './state.ts'

const MOST_SHOWN = 100

/** Where the events are that the command tells of. */
export interface EventStores {
  /** The addresses of the databases, by the names of their subgraphs. */
  databases: Readonly<Record<string, string>>
  /** RabbitMQ, when events go through it: with the account that these subgraphs themselves have. */
  amqpUrl?: string | undefined
}

interface SubgraphReport extends EventsState {
  rabbitmq?: Held
  deadLetters: DeadLetter[]
}

/** What RabbitMQ holds for a subgraph, or why it does not tell. */
type Held = HeldMessages | { error: string }

/**
 * The command `events`: tells of the outboxes, inboxes, queues and dead letters of subgraphs, has what is dead tried
 * again, and what was delivered sent again. Returns what is to be printed.
 *
 * @throws Error with a message for whoever called, when the arguments can't be, nothing has that id, or RabbitMQ does not
 * put back what it has.
 */
export async function runEventsCommand(
  { databases: urls, amqpUrl }: EventStores,
  args: readonly string[],
): Promise<string> {
  const { subgraph, ...todo } = parseEventsArguments(args)
  const names = Object.keys(urls).filter((name) => subgraph === undefined || name === subgraph)
  if (names.length === 0) throw new Error(`No subgraph "${subgraph}" has events: ${Object.keys(urls).join(', ')} have.`)
  await using stack = new AsyncDisposableStack()
  const databases = names.map((name) => {
    const pool = new Pool({ connectionString: urls[name], max: 1, application_name: 'portico-events-command' })
    stack.defer(() => pool.end())
    return { name, pool }
  })

  if (todo.task === 'resend') {
    let resent = 0
    for (const { pool } of databases) resent += await resendEvents(pool, todo.which)
    return `${resent} to be sent again.`
  }
  if (todo.task === 'replay') {
    const { which } = todo
    let replayed = 0
    for (const { pool } of databases) replayed += await replayDeadLetters(pool, which)
    if (replayed === 0 && which !== 'all') throw new Error(`There is no dead letter ${which.id}.`)
    if (which === 'all' && amqpUrl !== undefined) {
      for (const name of names) replayed += await replayMessages(amqpUrl, name, replayed)
    }
    return `${replayed} to be tried again.`
  }
  const held = amqpUrl === undefined ? {} : await readHeld(amqpUrl, names)
  const reports: Record<string, SubgraphReport> = {}
  for (const { name, pool } of databases) {
    const { [name]: rabbitmq } = held
    const deadLetters = await listDeadLetters(pool, MOST_SHOWN)
    reports[name] = { ...(await readEventsState(pool)), ...(rabbitmq && { rabbitmq }), deadLetters }
  }
  return todo.json ? JSON.stringify(reports, null, 2) : render(reports)
}

async function replayMessages(amqpUrl: string, subgraph: string, before: number): Promise<number> {
  try {
    return await replayDeadMessages(amqpUrl, subgraph)
  } catch (error) {
    const what = `but not what is dead in RabbitMQ for ${subgraph}: ${reasonOf(error)}`
    throw new Error(`${before} to be tried again, ${what}`, { cause: error })
  }
}

/**
 * By the names of the subgraphs. That RabbitMQ is away keeps nobody from seeing the rest, and neither does a queue that
 * the account may not look at from seeing the others.
 */
async function readHeld(amqpUrl: string, names: readonly string[]): Promise<Record<string, Held | undefined>> {
  const held = names.map(async (name): Promise<[string, Held | undefined]> => {
    try {
      return [name, (await readHeldMessages(amqpUrl, [name]))[name]]
    } catch (error) {
      return [name, { error: reasonOf(error) }]
    }
  })
  return Object.fromEntries(await Promise.all(held))
}

function render(reports: Readonly<Record<string, SubgraphReport>>): string {
  const entries = Object.entries(reports)
  const rows = entries.flatMap(([name, { outbox, inbox, rabbitmq }]) => [
    ...Object.entries({ outbox, inbox }).map(([queue, { pending, failing, dead, lagSeconds }]) => {
      return [name, queue, String(pending), String(failing), String(dead), `${lagSeconds.toFixed(1)} s`]
    }),
    ...(rabbitmq && 'dead' in rabbitmq
      ? [[name, 'rabbitmq', String(rabbitmq.pending), '', String(rabbitmq.dead)]]
      : []),
  ])
  const letters = entries.flatMap(([name, { deadLetters }]) =>
    deadLetters.map(({ id, queue, type, subject, attempts, since, lastError }) => {
      const what = `${id}  ${name} ${queue}  ${type} of ${subject}`
      return `${what}\n    since ${since.toISOString()}, ${attempts} attempts, the last: ${lastError ?? 'unknown'}`
    }),
  )
  return [
    alignColumns([['subgraph', 'queue', 'pending', 'failing', 'dead', 'lag'], ...rows]),
    letters.length === 0 ? 'No dead letters.' : `Dead letters:\n\n${letters.join('\n')}`,
    ...tellOfRabbitMq(entries.map(([name, { rabbitmq }]) => [name, rabbitmq])),
  ].join('\n\n')
}

/** What the table does not say. */
function tellOfRabbitMq(held: readonly (readonly [subgraph: string, Held | undefined])[]): string[] {
  const silent = Map.groupBy(
    held.flatMap(([name, one]) => (one && 'error' in one ? [{ name, error: one.error }] : [])),
    ({ error }) => error,
  )
  const isSomethingDead = held.some(([, one]) => one && 'dead' in one && one.dead > 0)
  return [
    ...[...silent].map(([error, those]) => {
      return `RabbitMQ does not tell what it holds for ${those.map(({ name }) => name).join(', ')}: ${error}`
    }),
    ...(isSomethingDead ? ['Why a message is dead in RabbitMQ, its subgraph has logged: "message refused".'] : []),
  ]
}

function alignColumns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

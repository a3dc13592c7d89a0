import { parseArgs } from 'node:util'
import { Pool } from 'pg'
import { listDeadLetters, replayDeadLetters, type DeadLetter } from './dead-letters.ts'
import { readHeldMessages, replayDeadMessages, type HeldMessages } from './rabbitmq-dead-messages.ts'
import { reasonOf } from './reason.ts'
import { readEventsState, type EventsState } from './state.ts'

const USAGE = `Usage:
  npm run events                          how far the events of each subgraph are, and its dead letters
  npm run events -- --json                the same as JSON
  npm run events -- replay ID             try a dead letter again
  npm run events -- replay --all          try all of them again, and what is dead in RabbitMQ
  --subgraph NAME                         only those of one subgraph`

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
 * The command `events`: tells of the outboxes, inboxes, queues and dead letters of subgraphs, and has what is dead tried
 * again. Returns what is to be printed.
 *
 * @throws Error with a message for whoever called, when the arguments can't be, nothing has that id, or RabbitMQ does not
 * put back what it has.
 */
export async function runEventsCommand(
  { databases: urls, amqpUrl }: EventStores,
  args: readonly string[],
): Promise<string> {
  const { subgraph, json, all, command, id } = parseCommand(args)
  const names = Object.keys(urls).filter((name) => subgraph === undefined || name === subgraph)
  if (names.length === 0) throw new Error(`No subgraph "${subgraph}" has events: ${Object.keys(urls).join(', ')} have.`)
  await using stack = new AsyncDisposableStack()
  const databases = names.map((name) => {
    const pool = new Pool({ connectionString: urls[name], max: 1, application_name: 'portico-events-command' })
    stack.defer(() => pool.end())
    return { name, pool }
  })

  if (command === 'replay') {
    let replayed = 0
    for (const { pool } of databases) replayed += await replayDeadLetters(pool, all ? 'all' : { id })
    if (replayed === 0 && !all) throw new Error(`There is no dead letter ${id}.`)
    if (all && amqpUrl !== undefined) {
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
  return json ? JSON.stringify(reports, null, 2) : render(reports)
}

async function replayMessages(amqpUrl: string, subgraph: string, before: number): Promise<number> {
  try {
    return await replayDeadMessages(amqpUrl, subgraph)
  } catch (error) {
    const what = `but not what is dead in RabbitMQ for ${subgraph}: ${reasonOf(error)}`
    throw new Error(`${before} to be tried again, ${what}`, { cause: error })
  }
}

/** By the names of the subgraphs. That RabbitMQ is away keeps nobody from seeing the rest. */
async function readHeld(amqpUrl: string, names: readonly string[]): Promise<Record<string, Held>> {
  try {
    return await readHeldMessages(amqpUrl, names)
  } catch (error) {
    return Object.fromEntries(names.map((name) => [name, { error: reasonOf(error) }]))
  }
}

function parseCommand(args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { subgraph: { type: 'string' }, json: { type: 'boolean' }, all: { type: 'boolean' } },
    })
    const { subgraph, json = false, all = false } = values
    const [command, id = '', ...more] = positionals
    if (more.length > 0) throw new Error(`Too many arguments: ${more.join(' ')}.`)
    if (command !== undefined && command !== 'replay') throw new Error(`There is no command "${command}".`)
    if (command === 'replay' && all === (id !== '')) throw new Error('Replay what: an id, or --all?')
    if (id !== '' && !/^[0-9a-f-]{36}$/i.test(id)) throw new Error(`"${id}" is no id of an event.`)
    return { subgraph, json, all, command, id }
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`, { cause: error })
  }
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
    ...tellOfRabbitMq(entries.map(([, { rabbitmq }]) => rabbitmq)),
  ].join('\n\n')
}

/** What the table does not say. */
function tellOfRabbitMq(held: readonly (Held | undefined)[]): string[] {
  const errors = held.flatMap((one) => (one && 'error' in one ? one.error : []))
  if (errors[0] !== undefined) return [`RabbitMQ does not tell what it holds: ${errors[0]}`]
  const isSomethingDead = held.some((one) => one && 'dead' in one && one.dead > 0)
  return isSomethingDead ? ['Why a message is dead in RabbitMQ, its subgraph has logged: "message refused".'] : []
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

import { parseArgs } from 'node:util'
import { Pool } from 'pg'
import { listDeadLetters, replayDeadLetters, type DeadLetter } from './dead-letters.ts'
import { readEventsState, type EventsState } from './state.ts'

const USAGE = `Usage:
  npm run events                          how far the events of each subgraph are, and its dead letters
  npm run events -- --json                the same as JSON
  npm run events -- replay ID             try a dead letter again
  npm run events -- replay --all          try all of them again
  --subgraph NAME                         only those of one subgraph`

const MOST_SHOWN = 100

interface SubgraphReport extends EventsState {
  deadLetters: DeadLetter[]
}

/**
 * The command `events`: tells of the outboxes, inboxes and dead letters of these databases, by the names of their
 * subgraphs, and has dead letters tried again. Returns what is to be printed.
 *
 * @throws Error with a message for whoever called, when the arguments can't be or nothing has that id.
 */
export async function runEventsCommand(
  urls: Readonly<Record<string, string>>,
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
    const which = all ? 'all' : { id }
    let replayed = 0
    for (const { pool } of databases) replayed += await replayDeadLetters(pool, which)
    if (replayed === 0 && !all) throw new Error(`There is no dead letter ${id}.`)
    return `${replayed} to be tried again.`
  }
  const reports: Record<string, SubgraphReport> = {}
  for (const { name, pool } of databases) {
    reports[name] = { ...(await readEventsState(pool)), deadLetters: await listDeadLetters(pool, MOST_SHOWN) }
  }
  return json ? JSON.stringify(reports, null, 2) : render(reports)
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
  const rows = Object.entries(reports).flatMap(([name, { outbox, inbox }]) =>
    Object.entries({ outbox, inbox }).map(([queue, { pending, failing, dead, lagSeconds }]) => {
      return [name, queue, String(pending), String(failing), String(dead), `${lagSeconds.toFixed(1)} s`]
    }),
  )
  const letters = Object.entries(reports).flatMap(([name, { deadLetters }]) =>
    deadLetters.map(({ id, queue, type, subject, attempts, since, lastError }) => {
      const what = `${id}  ${name} ${queue}  ${type} of ${subject}`
      return `${what}\n    since ${since.toISOString()}, ${attempts} attempts, the last: ${lastError ?? 'unknown'}`
    }),
  )
  const table = alignColumns([['subgraph', 'queue', 'pending', 'failing', 'dead', 'lag'], ...rows])
  return [table, letters.length === 0 ? 'No dead letters.' : `Dead letters:\n\n${letters.join('\n')}`].join('\n\n')
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

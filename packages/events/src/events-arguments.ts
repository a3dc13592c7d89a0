import { parseArgs } from 'node:util'
import { z } from 'zod'
import { PUBLICATIONS } from './contract.ts'
import type { ResentEvents } from './resend.ts'

const USAGE = `Usage:
  npm run events                          how far the events of each subgraph are, and its dead letters
  npm run events -- --json                the same as JSON
  npm run events -- replay ID             try a dead letter again
  npm run events -- replay --all          try all of them again, and what is dead in RabbitMQ
  npm run events -- resend --since TIME   send again what was delivered and was written since then, such as
                                          2026-11-23T10:00:00Z; --type NAME: only events of this type
  --subgraph NAME                         only those of one subgraph`

/** What the command `events` is to do. */
export type EventsTask =
  | { task: 'show'; json: boolean }
  | { task: 'replay'; which: { id: string } | 'all' }
  | { task: 'resend'; which: ResentEvents }

/**
 * Reads the arguments of the command `events`; `subgraph` is the one that is asked about, all when undefined.
 *
 * @throws Error that says what is wrong, and what can be.
 */
export function parseEventsArguments(args: readonly string[]): EventsTask & { subgraph: string | undefined } {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        subgraph: { type: 'string' },
        json: { type: 'boolean' },
        all: { type: 'boolean' },
        since: { type: 'string' },
        type: { type: 'string' },
      },
    })
    const { subgraph, json = false, all = false, since, type } = values
    const [command, id, ...more] = positionals
    if (more.length > 0) throw new Error(`Too many arguments: ${more.join(' ')}.`)
    if (command !== 'resend' && (since !== undefined || type !== undefined)) {
      throw new Error('--since and --type are for resend.')
    }
    switch (command) {
      case undefined:
        return { task: 'show', json, subgraph }
      case 'replay':
        return { task: 'replay', which: parseReplayed(id, all), subgraph }
      case 'resend':
        if (id !== undefined || all) throw new Error('Resend takes --since and no id.')
        return { task: 'resend', which: parseResent(since, type), subgraph }
      default:
        throw new Error(`There is no command "${command}".`)
    }
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`, { cause: error })
  }
}

function parseReplayed(id: string | undefined, all: boolean): { id: string } | 'all' {
  if (all && id === undefined) return 'all'
  if (all || id === undefined) throw new Error('Replay what: an id, or --all?')
  if (!z.guid().safeParse(id).success) throw new Error(`"${id}" is no id of an event.`)
  return { id }
}

function parseResent(since: string | undefined, type: string | undefined): ResentEvents {
  if (since === undefined) throw new Error('Resend since when? --since 2026-11-23T10:00:00Z')
  // Without its zone a time would be that of whoever runs the command.
  if (!z.iso.datetime({ offset: true }).safeParse(since).success) {
    throw new Error(`"${since}" is no time with a zone, such as 2026-11-23T10:00:00Z.`)
  }
  const types = Object.values(PUBLICATIONS).flatMap((published) => published.map(({ name }) => name))
  if (type !== undefined && !types.includes(type)) {
    throw new Error(`"${type}" is no type of event: there are ${types.join(', ')}.`)
  }
  return { since: new Date(since), type }
}

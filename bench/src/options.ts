import { parseArgs } from 'node:util'
import type { Effort } from './measure/workload.ts'
import type { Peer } from './peer.ts'
import { peers } from './peers.ts'
import { workloads, type Workload } from './workloads.ts'

export const HELP = `npm run bench -- [command] [options]

Commands
  run                        every workload against every gateway (about an hour); the default
  compare WORKLOAD A B …     two or more gateways on one workload, quickly
  items                      CPU per item of lists of 100 to 10,000
  memory                     memory of a gateway under load for --minutes
  profile WORKLOAD GATEWAY   where a gateway in Node spends its CPU
  orders                     orders placed per second until they are CONFIRMED, beside the plain statements
  shape                      what the workloads' answers are made of, and the fetches of the stock plan

Options
  --quick                    a few seconds for each cell; figures for developers
  --only A,B                 workloads: ${workloads.map(({ name }) => name).join(' ')}
  --variants A,B             gateways: ${peers.map(({ name }) => name).join(' ')}
  --rounds N --seconds N     of each gateway, and of each round
  --minutes N                of memory; 10
  --save                     write the result into bench/results/ (run, items and memory do unless --quick)
`

export interface Options {
  command: 'run' | 'compare' | 'items' | 'memory' | 'orders' | 'profile' | 'shape' | 'help'
  workloads: readonly Workload[]
  peers: readonly Peer[]
  effort: Effort
  minutes: number
  isSaved: boolean
}

const COMMANDS = ['run', 'compare', 'items', 'memory', 'orders', 'profile', 'shape', 'help'] as const

/** @throws Error with a sentence for whoever typed it. */
export function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      save: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
      only: { type: 'string' },
      variants: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      minutes: { type: 'string', default: '10' },
    },
  })
  const [word = 'run', ...rest] = positionals
  const command = COMMANDS.find((known) => known === (values.help ? 'help' : word))
  if (!command) throw new Error(`There is no command ${word}: --help tells which there are.`)
  const takesNames = command === 'compare' || command === 'profile'
  const [workload, ...gateways] = takesNames ? rest : []
  const isQuick = values.quick || takesNames
  const usual: Effort = isQuick
    ? { rounds: 3, warmupMs: 1500, warmupRequests: 100, durationMs: 2000 }
    : { rounds: 5, warmupMs: 10_000, warmupRequests: 500, durationMs: 4000 }
  if (command === 'orders' && !isQuick) usual.durationMs = 20_000
  return {
    command,
    workloads: chosen(workloads, workload ?? values.only, 'workload'),
    peers: chosen(peers, gateways.length > 0 ? gateways.join() : (values.variants ?? usualPeers(command)), 'gateway'),
    effort: {
      ...usual,
      ...(values.rounds === undefined ? {} : { rounds: numberFrom(values.rounds, '--rounds') }),
      ...(values.seconds === undefined ? {} : { durationMs: numberFrom(values.seconds, '--seconds') * 1000 }),
    },
    minutes: numberFrom(values.minutes, '--minutes'),
    isSaved: values.save || (!isQuick && command !== 'shape'),
  }
}

/** Of what is not a comparison of all; undefined: all. */
function usualPeers(command: Options['command']): string | undefined {
  if (command === 'run') return undefined
  return command === 'memory' || command === 'profile' ? 'portico' : 'portico,stock'
}

function chosen<T extends { name: string }>(all: readonly T[], names: string | undefined, what: string): readonly T[] {
  if (names === undefined) return all
  return names.split(',').map((name) => {
    const found = all.find((one) => one.name === name)
    if (!found) throw new Error(`There is no ${what} ${name}. There are ${all.map((one) => one.name).join(', ')}.`)
    return found
  })
}

function numberFrom(text: string, option: string): number {
  const number = Number(text)
  if (!(number > 0)) throw new Error(`${option} must be a number above 0.`)
  return number
}

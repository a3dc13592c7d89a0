import { commerceGraph } from '../graph/commerce.ts'
import type { BenchGraph } from '../graph/graph.ts'
import { libraryGraph } from '../graph/library.ts'
import { createSubgraph } from './answer.ts'
import { startReplay, type Replay, type ReplayCounts } from './replay.ts'

/** What this process tells once all subgraphs answer: where, by graph and name. */
export interface SubgraphsReady {
  kind: 'ready'
  urls: Readonly<Record<BenchGraph['name'], Readonly<Record<string, string>>>>
}

/** The answer to any message: what each has been asked so far, by graph and name. */
export interface SubgraphsCounted {
  kind: 'counted'
  counts: Readonly<Record<BenchGraph['name'], Readonly<Record<string, ReplayCounts>>>>
}

const start = async ({ subgraphs, rules }: BenchGraph): Promise<Map<string, Replay>> => {
  const replays = new Map<string, Replay>()
  for (const { name, sdl } of subgraphs) replays.set(name, await startReplay(createSubgraph(sdl, rules)))
  return replays
}
const library = await start(libraryGraph())
const commerce = await start(commerceGraph())

const mapped = <T>(replays: Map<string, Replay>, of: (replay: Replay) => T): Record<string, T> =>
  Object.fromEntries([...replays].map(([name, replay]) => [name, of(replay)]))
const both = <T>(of: (replay: Replay) => T) => ({ library: mapped(library, of), commerce: mapped(commerce, of) })

process.on('message', () => {
  const counted: SubgraphsCounted = { kind: 'counted', counts: both(({ counts }) => counts) }
  process.send?.(counted)
})
process.on('disconnect', () => process.exit())
const ready: SubgraphsReady = { kind: 'ready', urls: both(({ url }) => url) }
process.send?.(ready)

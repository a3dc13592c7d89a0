import { mistakeIn, shapeOf } from '../answers.ts'
import { ask, type Lab, type RunningPeer } from '../lab.ts'
import type { Peer } from '../peer.ts'
import type { Workload } from '../workloads.ts'
import {
  describe,
  rightAnswer,
  roundOf,
  type MeasureOptions,
  type VariantResult,
  type WorkloadResult,
} from './workload.ts'

type Burst = Workload & Required<Pick<Workload, 'burst'>>

/** How many operations of a burst are compared with the right answer. */
const COMPARED = 5

/**
 * Measures operations that a gateway meets for the first time. Each gateway runs all of them once in a rehearsal, so that
 * the subgraphs know their answers; then a fresh one is warmed with a set of its own, and measured with one per round.
 */
export async function measureBurst(
  lab: Lab,
  workload: Burst,
  { peers, effort, say }: MeasureOptions,
): Promise<WorkloadResult> {
  const sets = Array.from({ length: effort.rounds + 1 }, (_, round) => workload.burst(round))
  const [first] = sets[1] ?? []
  const expected = first && (await rightAnswer(lab, { ...workload, ...first }))
  const variants: (VariantResult & { running: RunningPeer })[] = []
  const excluded: WorkloadResult['excluded'] = []
  await using stack = new AsyncDisposableStack()
  for (const peer of peers) {
    if (peer.only) continue
    const { name, title } = peer
    const reason = peer.cannot?.() ?? (await rehearse(lab, workload, { peer, sets }))
    if (reason !== undefined) {
      say(`  ${name}: left out, ${reason}`)
      excluded.push({ name, title, reason })
      continue
    }
    const running = stack.use(await lab.start(peer, workload.graph))
    await send(lab, workload, { running, set: sets[0] ?? [] })
    variants.push({ peer: { name, title }, rounds: [], fetches: {}, rssBytes: 0, peakRssBytes: 0, running })
  }
  for (const [index, set] of sets.slice(1).entries()) {
    for (const variant of index % 2 === 0 ? variants : variants.toReversed()) {
      const round = roundOf(await send(lab, workload, { running: variant.running, set }))
      variant.rounds.push(round)
      variant.rssBytes = round.rssBytes
      variant.peakRssBytes = round.peakRssBytes
      say(`  round ${index + 1} ${variant.peer.name}: ${describe(round)}`)
    }
  }
  const { name, title, connections } = workload
  return {
    workload: { name, title, connections, variables: first?.variables ?? {} },
    shape: shapeOf(expected),
    variants: variants.map(({ running: _, ...variant }) => variant),
    excluded,
  }
}

/** Lets the subgraphs learn all answers; returns what is wrong with the gateway's. */
async function rehearse(
  lab: Lab,
  workload: Burst,
  { peer, sets }: { peer: Peer; sets: readonly ReturnType<Burst['burst']>[] },
): Promise<string | undefined> {
  try {
    await using running = await lab.start(peer, workload.graph)
    for (const operation of sets[1]?.slice(0, COMPARED) ?? []) {
      const expected = await rightAnswer(lab, { ...workload, ...operation })
      const mistake = mistakeIn(await ask(running, operation), expected)
      if (mistake !== undefined) return `answers wrongly: ${mistake}`
    }
    for (const set of sets) await send(lab, workload, { running, set })
    return undefined
  } catch (error) {
    return `does not start: ${String(error).slice(0, 1000)}`
  }
}

function send(
  lab: Lab,
  { connections }: Burst,
  { running, set }: { running: RunningPeer; set: ReturnType<Burst['burst']> },
) {
  const { pid, port, path, headers } = running
  const bodies = set.map((operation) => JSON.stringify(operation))
  return lab.load({ pid, port, path, headers, bodies, connections, warmupMs: 0, until: { requests: set.length } })
}

import { buildSchema } from 'graphql'
import { mistakeIn, shapeOf, type AnswerShape } from '../answers.ts'
import { ask, type Lab, type RunningPeer } from '../lab.ts'
import type { LoadJob, LoadResult } from '../load/load.ts'
import type { Peer } from '../peer.ts'
import { answer } from '../subgraphs/answer.ts'
import { stockPlanOf, type StockPlan } from '../stock-plan.ts'
import type { Workload } from '../workloads.ts'

/** How long and how often each gateway is measured. */
export interface Effort {
  rounds: number
  /** Before the first round: as many requests as that, within 20 seconds, and then as long as this. */
  warmupMs: number
  warmupRequests: number
  /** Of each round, that is measured. */
  durationMs: number
}

/** One round of one gateway. */
export interface Round extends LoadResult {
  cpuMsPerRequest: number
  requestsPerSecond: number
  /** How much of one core the gateway used: below 0.9 something else was the bottleneck, and requests/s say little. */
  coreShare: number
}

export interface VariantResult {
  peer: Pick<Peer, 'name' | 'title'>
  rounds: Round[]
  /** Subgraph requests for one answer, by subgraph, when nothing else is under way. */
  fetches: Readonly<Record<string, number>>
  /** What its processes held after the last round, and the most that they ever did. */
  rssBytes: number
  peakRssBytes: number
}

export interface WorkloadResult {
  workload: Pick<Workload, 'name' | 'title' | 'about' | 'connections' | 'variables'>
  shape: AnswerShape
  /** Undefined: there are many operations. */
  plan?: StockPlan
  variants: VariantResult[]
  /** Gateways that are not in it, and why. */
  excluded: { name: string; title: string; reason: string }[]
}

export interface MeasureOptions {
  peers: readonly Peer[]
  effort: Effort
  say: (line: string) => void
}

/** There are gateways that answer twice a second. */
const LONGEST_WARMUP_MS = 20_000

/** Part of a round during which the connections open and nothing is measured. */
const RAMP_MS = 300

/** Starts every gateway, compares their answers, and measures those that are right in turns. */
export async function measureWorkload(lab: Lab, workload: Workload, options: MeasureOptions): Promise<WorkloadResult> {
  const { effort, say } = options
  await using stack = new AsyncDisposableStack()
  const expected = await rightAnswer(lab, workload)
  const variants: (VariantResult & { running: RunningPeer; answerSize: number })[] = []
  const excluded: WorkloadResult['excluded'] = []
  for (const peer of options.peers) {
    if (peer.only && !peer.only.includes(workload.operation)) continue
    const checked = await startRight(lab, workload, { peer, expected })
    if (typeof checked === 'string') {
      say(`  ${peer.name}: left out, ${checked}`)
      excluded.push({ name: peer.name, title: peer.title, reason: checked })
      continue
    }
    stack.use(checked.running)
    const { name, title } = peer
    variants.push({ peer: { name, title }, rounds: [], rssBytes: 0, peakRssBytes: 0, ...checked })
  }

  for (const { running, answerSize } of variants) {
    const job = jobFor(workload, running, answerSize)
    await lab.load({ ...job, warmupMs: 0, until: { requests: effort.warmupRequests, atMostMs: LONGEST_WARMUP_MS } })
    await lab.load({ ...job, warmupMs: effort.warmupMs, until: { durationMs: 1 } })
  }
  for (let round = 0; round < effort.rounds; round++) {
    // Back and forth, so that nobody always comes after the same one.
    for (const variant of round % 2 === 0 ? variants : variants.toReversed()) {
      const { running, answerSize } = variant
      const until = { durationMs: effort.durationMs }
      const result = await lab.load({ ...jobFor(workload, running, answerSize), warmupMs: RAMP_MS, until })
      const measured = roundOf(result)
      variant.rounds.push(measured)
      variant.rssBytes = result.rssBytes
      variant.peakRssBytes = result.peakRssBytes
      say(`  round ${round + 1} ${variant.peer.name}: ${describe(measured)}`)
    }
  }
  return {
    workload: pick(workload),
    shape: shapeOf(expected),
    plan: stockPlanOf(lab.supergraphs[workload.graph].sdl, workload.query),
    variants: variants.map(({ running: _running, answerSize: _size, ...variant }) => variant),
    excluded,
  }
}

/** What a schema of everything answers. */
export async function rightAnswer(lab: Lab, { graph, query, variables }: Workload): Promise<unknown> {
  const { sdl, graph: known } = lab.supergraphs[graph]
  const schema = buildSchema(sdl, { assumeValidSDL: true })
  const answered = await answer(schema, { query, variables: { ...variables } }, { rules: known.rules, isWhole: true })
  const { data, errors } = answered as { data?: unknown; errors?: readonly Error[] }
  if (errors?.length) throw new AggregateError(errors, 'The made-up data does not answer this query.')
  return data
}

/** A gateway that answers rightly; else why not. */
export async function startRight(
  lab: Lab,
  workload: Workload,
  { peer, expected }: { peer: Peer; expected: unknown },
): Promise<string | { running: RunningPeer; answerSize: number; fetches: Readonly<Record<string, number>> }> {
  const cannot = peer.cannot?.()
  if (cannot !== undefined) return cannot
  let running: RunningPeer
  try {
    running = await lab.start(peer, workload.graph)
  } catch (error) {
    return `does not start: ${String(error).slice(0, 1000)}`
  }
  const { query, variables } = workload
  // The second time the subgraphs know the answers, and nothing of the start is left.
  await ask(running, { query, variables })
  const before = await lab.counts(workload.graph)
  const text = await ask(running, { query, variables })
  const after = await lab.counts(workload.graph)
  const mistake = mistakeIn(text, expected)
  if (mistake !== undefined) {
    await running[Symbol.asyncDispose]()
    return `answers wrongly: ${mistake}`
  }
  const fetches = Object.fromEntries(
    Object.entries(after).map(([name, { fetches: count }]) => [name, count - (before[name]?.fetches ?? 0)]),
  )
  return { running, answerSize: Buffer.byteLength(text), fetches }
}

export function jobFor(
  { query, variables, connections }: Workload,
  { pid, port, path, headers }: RunningPeer,
  answerSize: number | undefined,
): Omit<LoadJob, 'warmupMs' | 'until'> {
  return { pid, port, path, headers, bodies: [JSON.stringify({ query, variables })], answerSize, connections }
}

export function roundOf(result: LoadResult): Round {
  return {
    ...result,
    cpuMsPerRequest: result.cpuMs / result.requests,
    requestsPerSecond: (result.requests * 1000) / result.elapsedMs,
    coreShare: result.cpuMs / result.elapsedMs,
  }
}

export function describe({ cpuMsPerRequest, requestsPerSecond, latencyMs, failed, failure }: Round): string {
  const failures = failed === 0 ? '' : `, ${failed} FAILED (${failure})`
  return `${cpuMsPerRequest.toFixed(3)} ms CPU, ${requestsPerSecond.toFixed(0)}/s, p99 ${latencyMs.p99.toFixed(1)} ms${failures}`
}

function pick({ name, title, about, connections, variables }: Workload): WorkloadResult['workload'] {
  return { name, title, ...(about === undefined ? {} : { about }), connections, variables }
}

import type { VariantResult, WorkloadResult } from '../measure/workload.ts'
import { pairedRatios, spreadOf, type Spread } from '../statistics.ts'
import { fetchesText } from '../stock-plan.ts'

/** Rows of text as a Markdown table, of which all columns but the first are aligned to the right. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, 3, ...rows.map((row) => row[column]?.length ?? 0)))
  const pad = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)
  const line = (cells: readonly string[]) => `| ${cells.map(pad).join(' | ')} |`
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  return [line(head), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n')
}

/** CPU of one gateway by that of another, both of the same round. */
export function cpuRatio(result: WorkloadResult, of: string, by: string): Spread | undefined {
  const cpuOf = (name: string) =>
    result.variants.find(({ peer }) => peer.name === name)?.rounds.map(({ cpuMsPerRequest }) => cpuMsPerRequest)
  const above = cpuOf(of)
  const below = cpuOf(by)
  return above && below && above.length > 0 ? spreadOf(pairedRatios(above, below)) : undefined
}

export const figure = (value: number) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3))
const megabytes = (bytes: number) => (bytes / 1024 ** 2).toFixed(0)
export const spreadText = ({ min, median, max }: Spread) => `${figure(median)} (${figure(min)}–${figure(max)})`

const HEAD = [
  'gateway',
  'CPU ms/request',
  '× less than stock',
  '× Portico',
  'requests/s',
  'core %',
  'p50 ms',
  'p99 ms',
  'RSS MB (most)',
  'fetches',
]

/** What one workload gave, as a section of Markdown. */
export function workloadSection(result: WorkloadResult): string {
  const { workload, variants, excluded } = result
  const rows = variants.map((variant) => rowOf(result, variant))
  const failures = variants.flatMap(({ peer, rounds }) => {
    const failed = rounds.reduce((sum, round) => sum + round.failed, 0)
    const why = rounds.find((round) => round.failure !== undefined)?.failure
    return failed === 0 ? [] : [`- ${peer.title}: **${failed} requests failed** while it was measured (${why}).`]
  })
  const left = excluded.map(({ title, reason }) => `- ${title}: can not, it ${firstLine(reason)}.`)
  return [
    `## ${workload.name}: ${workload.title}`,
    shapeText(result),
    markdownTable(HEAD, rows),
    ...(failures.length + left.length > 0 ? [[...failures, ...left].join('\n')] : []),
  ].join('\n\n')
}

function shapeText({ workload, shape, plan }: WorkloadResult): string {
  const { connections, about } = workload
  const [bytes, leaves, nulls, objects] = [shape.bytes, shape.leaves, shape.nulls, shape.objects].map((value) =>
    value.toLocaleString('en'),
  )
  const sentences = [
    `${bytes} bytes, ${leaves} values (${nulls} of them null) in ${objects} objects, the longest text has ${shape.longestText} characters; ${connections} ${connections === 1 ? 'connection' : 'connections'}.`,
  ]
  if (about !== undefined) sentences.push(about)
  if (plan) {
    const { total, bySubgraph } = fetchesText(plan)
    const waves = plan.waves === 1 ? '' : ` in ${plan.waves} waves, each of which needs the one before`
    sentences.push(`Fetches of the stock plan: ${total} (${bySubgraph})${waves}.`)
  }
  return sentences.join(' ')
}

function rowOf(result: WorkloadResult, { peer, rounds, fetches, rssBytes, peakRssBytes }: VariantResult): string[] {
  const spread = (of: (round: VariantResult['rounds'][number]) => number) => spreadOf(rounds.map(of))
  const ratio = (of: string, by: string) => {
    const found = cpuRatio(result, of, by)
    return found ? spreadText(found) : '–'
  }
  return [
    peer.title,
    spreadText(spread(({ cpuMsPerRequest }) => cpuMsPerRequest)),
    ratio('stock', peer.name),
    ratio(peer.name, 'portico'),
    figure(spread(({ requestsPerSecond }) => requestsPerSecond).median),
    (spread(({ coreShare }) => coreShare).median * 100).toFixed(0),
    figure(spread(({ latencyMs }) => latencyMs.p50).median),
    figure(spread(({ latencyMs }) => latencyMs.p99).median),
    `${megabytes(rssBytes)} (${megabytes(peakRssBytes)})`,
    String(Object.values(fetches).reduce((sum, count) => sum + count, 0) || '–'),
  ]
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').slice(0, 200)
}

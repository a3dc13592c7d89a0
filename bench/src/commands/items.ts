import { openLab } from '../lab.ts'
import { measureWorkload } from '../measure/workload.ts'
import type { Options } from '../options.ts'
import { readCircumstances } from '../report/machine.ts'
import { figure, markdownTable, spreadText } from '../report/tables.ts'
import { circumstancesSection, writeResult } from '../report/write.ts'
import { spreadOf, type Spread } from '../statistics.ts'
import { wide } from '../workloads.ts'

const SIZES = [100, 300, 1000, 3000, 10_000]
/** Few enough that a list of ten thousand is no test of memory. */
const CONNECTIONS = 4

interface Point {
  items: number
  /** CPU milliseconds of a request. */
  cpuMs: Spread
}

/** Measures how CPU grows with the length of a list. */
export async function items({ peers, effort, isSaved }: Options): Promise<void> {
  await using lab = await openLab()
  const circumstances = readCircumstances(lab.cores)
  const points = new Map<string, Point[]>()
  for (const size of SIZES) {
    const options = { peers, effort, say: (line: string) => console.error(line) }
    const { variants } = await measureWorkload(lab, wide(size, CONNECTIONS), options)
    for (const { peer, rounds } of variants) {
      const cpuMs = spreadOf(rounds.map(({ cpuMsPerRequest }) => cpuMsPerRequest))
      points.set(peer.title, [...(points.get(peer.title) ?? []), { items: size, cpuMs }])
    }
  }
  const sections = [...points].map(([title, of]) => section(title, of))
  console.log(`\n${sections.join('\n\n')}\n`)
  if (!isSaved) return
  const data = { effort, points: Object.fromEntries(points) }
  const all = [circumstancesSection('CPU per item of a list', circumstances), ...sections]
  console.error(`written to ${writeResult('items', { circumstances, sections: all, data })}`)
}

/** A request has a cost of its own, so the cost of one more item is what has to stay. */
function section(title: string, points: readonly Point[]): string {
  const rows = points.map(({ items: count, cpuMs }, index) => {
    const before = points[index - 1]
    const more = before && ((cpuMs.median - before.cpuMs.median) * 1000) / (count - before.items)
    return [
      count.toLocaleString('en'),
      spreadText(cpuMs),
      figure((cpuMs.median * 1000) / count),
      more === undefined ? '–' : figure(more),
    ]
  })
  return `## ${title}\n\n${markdownTable(['items', 'CPU ms/request', 'µs/item', 'µs/further item'], rows)}`
}

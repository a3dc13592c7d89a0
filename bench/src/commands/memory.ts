import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { openLab } from '../lab.ts'
import { jobFor, rightAnswer, startRight } from '../measure/workload.ts'
import type { Options } from '../options.ts'
import { readCircumstances } from '../report/machine.ts'
import { figure, markdownTable } from '../report/tables.ts'
import { circumstancesSection, writeResult } from '../report/write.ts'
import { workloads } from '../workloads.ts'

const SAMPLES = 60
/** Whatever is filled once is full by then. */
const SETTLED_AFTER = 1 / 3
const PRELOADED = fileURLToPath(new URL('../../peers/report-heap.ts', import.meta.url))

interface Sample {
  minutes: number
  megabytes: number
}

/** Measures the memory of gateways that are kept busy with the deep query. */
export async function memory({ peers, minutes, isSaved }: Options): Promise<void> {
  const workload = workloads.find(({ name }) => name === 'deep')
  if (!workload) throw new Error('There is no deep query.')
  await using lab = await openLab()
  const circumstances = readCircumstances(lab.cores)
  const expected = await rightAnswer(lab, workload)
  const sections: string[] = []
  const data: Record<string, { rss: Sample[]; heap: Sample[] }> = {}
  for (const peer of peers) {
    let heapFile = ''
    const watched: typeof peer = {
      ...peer,
      async start(start) {
        const command = await peer.start(start)
        heapFile = join(start.folder, 'heap.log')
        const env = {
          ...command.env,
          NODE_OPTIONS: `--import=${pathToFileURL(PRELOADED).href}`,
          BENCH_HEAP_FILE: heapFile,
        }
        return { ...command, env }
      },
    }
    const started = await startRight(lab, workload, { peer: watched, expected })
    if (typeof started === 'string') {
      console.error(`${peer.name}: left out, ${started}`)
      continue
    }
    await using running = started.running
    const rss: Sample[] = []
    const startedAt = Date.now()
    for (let index = 1; index <= SAMPLES; index++) {
      const until = { durationMs: (minutes * 60_000) / SAMPLES }
      const result = await lab.load({ ...jobFor(workload, running, started.answerSize), warmupMs: 0, until })
      const sample = { minutes: (Date.now() - startedAt) / 60_000, megabytes: result.rssBytes / 1024 ** 2 }
      rss.push(sample)
      const failures = result.failed > 0 ? `, ${result.failed} FAILED (${result.failure})` : ''
      console.error(
        `  ${sample.minutes.toFixed(1)} min: ${sample.megabytes.toFixed(0)} MB, ${result.requests} requests${failures}`,
      )
    }
    const heap = readHeap(heapFile, startedAt)
    data[peer.name] = { rss, heap }
    sections.push(section(peer.title, { rss, heap }))
  }
  console.log(`\n${sections.join('\n\n')}\n`)
  if (!isSaved) return
  const title = `Memory under ${minutes} minutes of the deep query, ${workload.connections} connections`
  const all = [circumstancesSection(title, circumstances), ...sections]
  console.error(
    `written to ${writeResult('memory', { circumstances, sections: all, data: { minutes, samples: data } })}`,
  )
}

function readHeap(file: string, startedAt: number): Sample[] {
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  const samples = lines.map((line) => {
    const [at = 0, bytes = 0] = line.split(' ').map(Number)
    return { minutes: (at - startedAt) / 60_000, megabytes: bytes / 1024 ** 2 }
  })
  return samples.filter(({ minutes }) => minutes > 0)
}

function section(title: string, series: { rss: readonly Sample[]; heap: readonly Sample[] }): string {
  const rows = (
    [
      ['resident memory', series.rss],
      ['heap after full collections', series.heap],
    ] as const
  ).map(([name, samples]) => {
    const end = samples.at(-1)?.minutes ?? 0
    const settled = samples.filter(({ minutes }) => minutes >= end * SETTLED_AFTER)
    const sizes = settled.map(({ megabytes }) => megabytes)
    if (settled.length < 2) return [name, '–', '–', '–', '–']
    const cells = [sizes[0] ?? 0, Math.max(...sizes), sizes.at(-1) ?? 0, slopeOf(settled)]
    return [name, ...cells.map(figure)]
  })
  const head = ['', 'MB after a third of the time', 'most MB since', 'MB at the end', 'MB per minute since']
  return `## ${title}\n\n${markdownTable(head, rows)}`
}

/** Megabytes per minute, by least squares. */
function slopeOf(samples: readonly Sample[]): number {
  const mean = (of: (sample: Sample) => number) => samples.reduce((sum, one) => sum + of(one), 0) / samples.length
  const time = mean(({ minutes }) => minutes)
  const size = mean(({ megabytes }) => megabytes)
  const above = samples.reduce((sum, one) => sum + (one.minutes - time) * (one.megabytes - size), 0)
  const below = samples.reduce((sum, one) => sum + (one.minutes - time) ** 2, 0)
  return above / below
}

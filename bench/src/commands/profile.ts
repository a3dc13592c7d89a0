import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { openLab } from '../lab.ts'
import { jobFor, rightAnswer, startRight } from '../measure/workload.ts'
import type { Options } from '../options.ts'
import { markdownTable } from '../report/tables.ts'

const PRELOADED = fileURLToPath(new URL('../../peers/write-profile.ts', import.meta.url))
const SHOWN = 40

/** A CPU profile as V8 writes it, as far as it is read here. */
interface Profile {
  nodes: readonly {
    id: number
    callFrame: { functionName: string; url: string; lineNumber: number }
  }[]
  samples: readonly number[]
}

/** Prints the functions in which a gateway in Node spends most of its CPU. */
export async function profile({ workloads, peers, effort }: Options): Promise<void> {
  const [workload] = workloads
  if (!workload) return
  await using lab = await openLab()
  const expected = await rightAnswer(lab, workload)
  for (const peer of peers) {
    let file = ''
    const watched: typeof peer = {
      ...peer,
      async start(start) {
        const command = await peer.start(start)
        file = join(start.folder, 'profile.json')
        const env = {
          ...command.env,
          NODE_OPTIONS: `--import=${pathToFileURL(PRELOADED).href}`,
          BENCH_PROFILE_FILE: file,
        }
        return { ...command, env }
      },
    }
    const started = await startRight(lab, workload, { peer: watched, expected })
    if (typeof started === 'string') throw new Error(`${peer.name} ${started}`)
    await using running = started.running
    const job = jobFor(workload, running, started.answerSize)
    await lab.load({ ...job, warmupMs: effort.warmupMs * 3, until: { durationMs: 1 } })
    process.kill(running.pid, 'SIGWINCH')
    await lab.load({ ...job, warmupMs: 0, until: { durationMs: effort.durationMs * 2 } })
    process.kill(running.pid, 'SIGWINCH')
    while (!existsSync(file)) await wait(50)
    await wait(500)
    console.log(
      `\n## ${peer.title}: ${workload.title}\n\n${topFunctions(JSON.parse(readFileSync(file, 'utf8')) as Profile)}\n`,
    )
  }
}

function topFunctions({ nodes, samples }: Profile): string {
  const byId = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
  const counts = new Map<string, number>()
  let busy = 0
  for (const id of samples) {
    const frame = byId.get(id)
    if (!frame || frame.functionName === '(idle)') continue
    busy++
    const place = frame.url === '' ? '' : ` ${frame.url.split('/').slice(-3).join('/')}:${frame.lineNumber + 1}`
    const name = `${frame.functionName || '(anonymous)'}${place}`
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  const sorted = [...counts].toSorted(([, left], [, right]) => right - left).slice(0, SHOWN)
  return markdownTable(
    ['function', '% of CPU'],
    sorted.map(([name, count]) => [name, ((100 * count) / busy).toFixed(1)]),
  )
}

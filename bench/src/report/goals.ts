import type { WorkloadResult } from '../measure/workload.ts'
import { cpuRatio, markdownTable, spreadText } from './tables.ts'

/** A figure that Portico is to reach: CPU of one gateway by that of another on one workload. */
interface Goal {
  says: string
  workload: string
  of: string
  by: string
  atLeast?: number
  atMost?: number
}

const GOALS: readonly Goal[] = [
  { says: 'less CPU than stock, deep query', workload: 'deep', of: 'stock', by: 'portico', atLeast: 10 },
  { says: 'the same with everything on', workload: 'deep', of: 'stock', by: 'portico-guarded', atLeast: 7 },
  { says: 'less than Hive Gateway, Rust planner', workload: 'deep', of: 'hive-rust', by: 'portico', atLeast: 4 },
  { says: 'of the gateway in Rust, one connection', workload: 'deep-1', of: 'portico', by: 'grafbase', atMost: 1 },
  { says: 'of a hand-written program that parses', workload: 'deep', of: 'portico', by: 'hand-parse', atMost: 1.2 },
  { says: 'less than stock, answer of 0.5 MB', workload: 'large', of: 'stock', by: 'portico', atLeast: 5 },
  { says: 'less than stock, small query', workload: 'small', of: 'stock', by: 'portico', atLeast: 4 },
  { says: 'of a bare forwarder, small query', workload: 'small', of: 'portico', by: 'forwarder', atMost: 1.5 },
]

/** Which figures are reached, by the median of the rounds; empty when none of them was measured. */
export function goalsSection(results: readonly WorkloadResult[]): string {
  const rows = GOALS.flatMap(({ says, workload, of, by, atLeast, atMost }) => {
    const result = results.find((one) => one.workload.name === workload)
    const ratio = result && cpuRatio(result, of, by)
    if (!ratio) return []
    const isReached = ratio.median >= (atLeast ?? 0) && ratio.median <= (atMost ?? Number.POSITIVE_INFINITY)
    const wanted = atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`
    return [[`${says} (${of} / ${by})`, wanted, spreadText(ratio), isReached ? 'yes' : '**no**']]
  })
  if (rows.length === 0) return ''
  return `## What is to be reached\n\n${markdownTable(['× CPU per request', 'wanted', 'measured', 'reached'], rows)}`
}

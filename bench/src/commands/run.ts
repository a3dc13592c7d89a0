import { openLab } from '../lab.ts'
import { measureBurst } from '../measure/burst.ts'
import { measureWorkload, type WorkloadResult } from '../measure/workload.ts'
import type { Options } from '../options.ts'
import { goalsSection } from '../report/goals.ts'
import { readCircumstances } from '../report/machine.ts'
import { workloadSection } from '../report/tables.ts'
import { circumstancesSection, writeResult } from '../report/write.ts'

/** Measures workloads one after the other; a table follows each as soon as it is done. */
export async function run({ workloads, peers, effort, isSaved }: Options): Promise<void> {
  await using lab = await openLab()
  if (!lab.cores)
    console.error('Processes can not be pinned here (taskset and two cores are needed): figures are rough.')
  const circumstances = readCircumstances(lab.cores)
  const results: WorkloadResult[] = []
  for (const workload of workloads) {
    console.error(`${workload.name}: ${workload.title}`)
    const options = { peers, effort, say: (line: string) => console.error(line) }
    const result = workload.burst
      ? await measureBurst(lab, { ...workload, burst: workload.burst }, options)
      : await measureWorkload(lab, workload, options)
    results.push(result)
    console.log(`\n${workloadSection(result)}\n`)
  }
  const goals = goalsSection(results)
  if (goals !== '') console.log(`${goals}\n`)
  if (!isSaved) return
  const sections = [circumstancesSection('Benchmark', circumstances), goals, ...results.map(workloadSection)]
  console.error(`written to ${writeResult('run', { circumstances, sections, data: { effort, results } })}`)
}

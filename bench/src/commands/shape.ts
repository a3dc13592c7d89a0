import { shapeOf } from '../answers.ts'
import { openLab } from '../lab.ts'
import { rightAnswer } from '../measure/workload.ts'
import type { Options } from '../options.ts'
import { markdownTable } from '../report/tables.ts'
import { fetchesText, stockPlanOf } from '../stock-plan.ts'

/** Prints what the answers are made of, and how many fetches the planner of Apollo makes of each operation. */
export async function shape({ workloads }: Options): Promise<void> {
  await using lab = await openLab()
  const rows: string[][] = []
  for (const workload of workloads.filter(({ burst }) => !burst)) {
    const { bytes, leaves, nulls, objects, longestText } = shapeOf(await rightAnswer(lab, workload))
    const plan = stockPlanOf(lab.supergraphs[workload.graph].sdl, workload.query)
    const { total, bySubgraph } = fetchesText(plan)
    const numbers = [bytes, leaves, nulls, objects, longestText, plan.waves, total]
    rows.push([workload.name, ...numbers.map((value) => value.toLocaleString('en')), bySubgraph])
  }
  const head = ['workload', 'bytes', 'values', 'null', 'objects', 'longest text', 'waves', 'fetches', 'by subgraph']
  console.log(markdownTable(head, rows))
}

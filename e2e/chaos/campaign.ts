import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { startInfrastructure } from './infrastructure.ts'
import { planRun, type Campaign } from './plan.ts'
import { describeCampaign, summariseRun } from './report.ts'
import { runChaos, type RunResult } from './run.ts'

export interface CampaignOptions extends Campaign {
  /** Where reports go. */
  folder: string
  /** Go on with the runs that the folder has no report of. */
  resume: boolean
  print: (line: string) => void
  stopping: AbortSignal
}

/**
 * Does the runs one after the other, with a report of each and one of all in the folder.
 *
 * @returns the reports of all runs that there are.
 * @throws Error when the folder has reports already, unless they are to be resumed, or those of another campaign.
 */
export async function runCampaign(options: CampaignOptions): Promise<RunResult[]> {
  const { runs, folder, print, stopping } = options
  await mkdir(folder, { recursive: true })
  await claimFolder(options)
  const fileOf = (number: number) => join(folder, `run-${String(number).padStart(3, '0')}.json`)
  const results = new Map<number, RunResult>()
  const missing: number[] = []
  for (let number = 1; number <= runs; number += 1) {
    const known = await readJson<RunResult>(fileOf(number))
    if (known) results.set(number, known)
    else missing.push(number)
  }
  if (missing.length > 0) {
    const plans = missing.map((number) => ({ number, plan: planRun(options, number) }))
    const withBroker = plans.some(({ plan }) => plan.transport === 'rabbitmq')
    await using infrastructure = await startInfrastructure({ withBroker })
    for (const { number, plan } of plans) {
      const logs = fileOf(number).replace(/\.json$/, '-logs')
      const result = await runChaos(plan, { ...infrastructure, folder: logs, stopping })
      if (stopping.aborted) break
      results.set(number, result)
      await writeJson(fileOf(number), result)
      if (result.violations.length === 0) await rm(logs, { recursive: true })
      print(`${number}/${runs} ${summariseRun(result)}`)
    }
  }
  const all = [...results].toSorted(([a], [b]) => a - b).map(([, result]) => result)
  await writeJson(join(folder, 'report.json'), all)
  await writeFile(join(folder, 'report.md'), describeCampaign(options, all))
  return all
}

/** Makes the folder that of this campaign. A campaign may have more runs when it is resumed. */
async function claimFolder({ folder, resume, seed, seconds, transport }: CampaignOptions): Promise<void> {
  const file = join(folder, 'campaign.json')
  const campaign = { seed, seconds, transport }
  const known = await readJson(file)
  if (known !== undefined && !resume) {
    throw new Error(`${folder} has reports already. Go on with them by --resume, or name another folder by --report.`)
  }
  if (known !== undefined && !isDeepStrictEqual(known, campaign)) {
    throw new Error(`${folder} has reports of ${JSON.stringify(known)}. Name another folder by --report.`)
  }
  await writeJson(file, campaign)
}

async function readJson<Value>(file: string): Promise<Value | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  // Written by this program.
  return text === undefined ? undefined : (JSON.parse(text) as Value)
}

/** A campaign that is killed leaves whole reports only. */
async function writeJson(file: string, value: unknown): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify(value, null, 2))
  await rename(`${file}.new`, file)
}

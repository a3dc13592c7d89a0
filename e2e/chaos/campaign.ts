import { rm } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import { readBuild, type Build } from './build.ts'
import { openCampaignFolder, type CampaignFolder, type CampaignRecord } from './campaign-folder.ts'
import { startInfrastructure, type Infrastructure } from './infrastructure.ts'
import { planRun, type Campaign } from './plan.ts'
import { describeCampaign, summariseRun } from './report.ts'
import type { RunResult } from './result.ts'
import { runChaos } from './run.ts'

export interface CampaignOptions {
  /** What is wished for; the rest is as the folder has it, or as usual. */
  campaign: Partial<Campaign>
  /** Where reports go. */
  folder: string
  /** Go on with the runs that the folder has no report of. */
  resume: boolean
  /** Do this run alone, be there a report of it or not. */
  only?: number | undefined
  /** Go on with another build than that of the other runs. */
  anyCommit: boolean
  print: (line: string) => void
  stopping: AbortSignal
}

/** What came of a campaign. */
export interface CampaignOutcome {
  /** Of all runs that the folder has a report of, or of the one that was asked for. */
  results: RunResult[]
  /** Whether all that were asked for are there. */
  isComplete: boolean
}

/**
 * Does the runs one after the other, with a report of each, and one of all after each, in the folder.
 *
 * @throws Error when the folder has reports already, unless they are to be resumed; when it has those of another campaign
 * or another build; and when another campaign is under way there.
 */
export async function runCampaign(options: CampaignOptions): Promise<CampaignOutcome> {
  const { folder: path, only, print, stopping } = options
  await using folder = await openCampaignFolder(path)
  const build = await readBuild()
  const campaign = toCampaign(folder.record, options, build)
  print(`Seed ${campaign.seed}, reports in ${path}`)
  const known = new Map<number, RunResult>()
  for (let number = 1; number <= Math.max(campaign.runs, only ?? 0); number += 1) {
    const result = await folder.readRun(number)
    if (result) known.set(number, result)
  }
  const numbers = Array.from({ length: campaign.runs }, (_, index) => index + 1).filter((number) => !known.has(number))
  await doRuns(only === undefined ? numbers : [only], { ...options, folder, known, campaign, build })
  const [one] = only === undefined ? [] : [known.get(only)]
  const results = only === undefined ? sorted(known) : one ? [one] : []
  return { results, isComplete: !stopping.aborted && results.length >= (only === undefined ? campaign.runs : 1) }
}

interface Work extends Pick<CampaignOptions, 'print' | 'stopping'> {
  folder: CampaignFolder
  known: Map<number, RunResult>
  campaign: Campaign
  build: Build
}

async function doRuns(numbers: readonly number[], work: Work): Promise<void> {
  const { folder, known, campaign, build, print, stopping } = work
  const plans = numbers.map((number) => ({ number, plan: planRun(campaign, number) }))
  const withBroker = plans.some(({ plan }) => plan.transport === 'rabbitmq')
  let infrastructure: Infrastructure | undefined
  let record = folder.record
  try {
    for (const { number, plan } of plans) {
      infrastructure ??= await startInfrastructure({ withBroker })
      record = noteBuild(record, campaign, { ...build, ...infrastructure.versions })
      await folder.keep(record)
      const result = await runChaos(plan, { ...infrastructure, folder: folder.logsOf(number), stopping })
      if (stopping.aborted) return
      known.set(number, result)
      await folder.writeRun(number, result)
      print(`run ${number}: ${summariseRun(result)}`)
      await folder.writeReport(describeCampaign(record, sorted(known)), sorted(known))
      if (result.violations.length === 0) {
        await rm(folder.logsOf(number), { recursive: true })
        continue
      }
      // What it left behind is not to be blamed on the next one.
      const used = infrastructure
      infrastructure = undefined
      await used[Symbol.asyncDispose]()
    }
  } finally {
    await infrastructure?.[Symbol.asyncDispose]()
  }
}

function sorted(results: ReadonlyMap<number, RunResult>): RunResult[] {
  return [...results].toSorted(([a], [b]) => a - b).map(([, result]) => result)
}

/** The campaign that is wished for, when the folder is for it. It may have more runs when it is resumed. */
function toCampaign(record: CampaignRecord | undefined, options: CampaignOptions, build: Build): Campaign {
  const { campaign: wish, folder, resume, only, anyCommit } = options
  const usual: Campaign = {
    runs: 1,
    seconds: 30,
    seed: String(Math.trunc(Math.random() * 0x7fffffff)),
    transport: 'mixed',
  }
  if (!record) return { ...usual, ...wish }
  if (!resume && only === undefined) {
    throw new Error(`${folder} has reports already. Go on with them by --resume, or name another folder by --report.`)
  }
  const { runs, seconds, seed, transport, builds } = record
  const campaign = { runs, seconds, seed, transport, ...wish }
  if (!isDeepStrictEqual({ ...campaign, runs }, { runs, seconds, seed, transport })) {
    throw new Error(
      `${folder} has reports of seed ${seed}, ${seconds} s, ${transport}. Name another folder by --report.`,
    )
  }
  const last = builds.at(-1)
  if (last && !anyCommit && !isSameBuild(last, build)) {
    throw new Error(
      `${folder} has reports of commit ${nameOf(last)}, and this is ${nameOf(build)}. Say --any-commit to go on all the same.`,
    )
  }
  return campaign
}

function isSameBuild(one: Build, other: Build): boolean {
  return one.commit === other.commit && one.isDirty === other.isDirty
}

function nameOf({ commit, isDirty }: Build): string {
  return `${commit.slice(0, 12)}${isDirty ? ' with changes' : ''}`
}

function noteBuild(
  record: CampaignRecord | undefined,
  campaign: Campaign,
  build: Omit<CampaignRecord['builds'][number], 'since'>,
): CampaignRecord {
  const { builds = [] } = record ?? {}
  const { since: _, ...last } = builds.at(-1) ?? { since: '' }
  if (isDeepStrictEqual(last, build)) return { ...campaign, builds }
  return { ...campaign, builds: [...builds, { ...build, since: new Date().toISOString() }] }
}

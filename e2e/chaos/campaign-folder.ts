import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isProcessAlive } from '@portico/database/postmaster'
import type { Build } from './build.ts'
import type { Campaign } from './plan.ts'
import type { RunResult } from './result.ts'

/** What `campaign.json` says of a folder's reports. */
export interface CampaignRecord extends Campaign {
  /** What its runs were runs of, and with what servers: one more whenever that changed, which `--any-commit` allows. */
  builds: (Build & Versions & { since: string })[]
}

export interface Versions {
  postgres: string
  rabbitmq: string
}

/** The reports of one campaign. Nobody else writes there until it is disposed of. */
export interface CampaignFolder extends AsyncDisposable {
  record: CampaignRecord | undefined
  keep(record: CampaignRecord): Promise<void>
  /** Where the logs of a run go. */
  logsOf(number: number): string
  readRun(number: number): Promise<RunResult | undefined>
  writeRun(number: number, result: RunResult): Promise<void>
  /** Of all runs so far, for people and for programs. */
  writeReport(text: string, results: readonly RunResult[]): Promise<void>
}

/**
 * Opens the folder of a campaign, which is made when it is missing.
 *
 * @throws Error when another campaign that lives has it.
 */
export async function openCampaignFolder(folder: string): Promise<CampaignFolder> {
  await mkdir(folder, { recursive: true })
  const lock = join(folder, 'lock')
  await claim(lock, folder)
  const recordFile = join(folder, 'campaign.json')
  const fileOf = (number: number) => join(folder, `run-${String(number).padStart(3, '0')}.json`)
  return {
    record: await readJson<CampaignRecord>(recordFile),
    keep: (record) => writeJson(recordFile, record),
    logsOf: (number) => fileOf(number).replace(/\.json$/, '-logs'),
    readRun: (number) => readJson<RunResult>(fileOf(number)),
    writeRun: (number, result) => writeJson(fileOf(number), result),
    async writeReport(text, results) {
      await writeJson(join(folder, 'report.json'), results)
      await writeFile(join(folder, 'report.md'), text)
    },
    [Symbol.asyncDispose]: () => rm(lock, { force: true }),
  }
}

async function claim(lock: string, folder: string): Promise<void> {
  const owner = Number(await readFile(lock, 'utf8').catch(() => ''))
  if (owner > 0 && isProcessAlive(owner)) {
    throw new Error(`Process ${owner} writes reports to ${folder}. Name another folder by --report.`)
  }
  await rm(lock, { force: true })
  // Of two that find it free one gets it.
  await writeFile(lock, String(process.pid), { flag: 'wx' })
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

import { join } from 'node:path'
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { z } from 'zod'
import { runCampaign } from './campaign.ts'
import { TRANSPORTS, type Campaign } from './plan.ts'

const USAGE = `Places orders while everything breaks, and looks in the databases what does not hold.

  npm run chaos:orders -- [--runs 1] [--seconds 30] [--seed X] [--transport http|rabbitmq|mixed] [--report FOLDER]
                          [--resume | --only N] [--any-commit]

  --runs        how many, each on new databases
  --seconds     how long things break in each
  --seed        the same seed draws the same shops, customers and faults; a random one unless given
  --transport   what carries the events; mixed, unless given, takes turns
  --report      where reports go, one for each run and one of all; .portico/chaos unless given
  --resume      go on with the runs that the folder has no report of; what is not given is as it was
  --only        do the run of this number alone, be there a report of it or not
  --any-commit  go on although the reports are those of another commit

Exits with 1 when anything did not hold.
`

const OPTIONS = {
  runs: { type: 'string' },
  seconds: { type: 'string' },
  seed: { type: 'string' },
  transport: { type: 'string' },
  report: { type: 'string', default: join(import.meta.dirname, '../../.portico/chaos') },
  resume: { type: 'boolean', default: false },
  only: { type: 'string' },
  'any-commit': { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} satisfies ParseArgsConfig['options']

const count = z.coerce.number().int().min(1).optional()
const campaignSchema = z.object({
  runs: count,
  only: count,
  seconds: z.coerce.number().positive().optional(),
  seed: z.string().min(1).optional(),
  transport: z.enum([...TRANSPORTS, 'mixed']).optional(),
})

const { values, only, campaign } = readArguments()
const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort())
try {
  const { results, isComplete } = await runCampaign({
    campaign,
    folder: values.report,
    resume: values.resume,
    only,
    anyCommit: values['any-commit'],
    print: (line) => console.log(line),
    stopping: stopping.signal,
  })
  const failed = results.filter(({ violations }) => violations.length > 0).length
  console.log(`${results.length} runs, ${failed} with violations; see ${join(values.report, 'report.md')}`)
  if (failed > 0 || !isComplete) process.exitCode = 1
} catch (error) {
  if (!(error instanceof Error)) throw error
  console.error(process.env['DEBUG'] ? error : error.message)
  process.exitCode = 1
}

/** Ends the program when there are others than it knows. */
function readArguments() {
  try {
    const { values: given } = parseArgs({ options: OPTIONS })
    if (given.help) return endWith(0, USAGE)
    const { only: one, ...wish } = campaignSchema.parse(given)
    // What was not given must not stand in for what the folder has.
    const defined: Partial<Campaign> = Object.fromEntries(
      Object.entries(wish).filter(([, value]) => value !== undefined),
    )
    return { values: given, only: one, campaign: defined }
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : error.message
    return endWith(2, `${reason}\n\n${USAGE}`)
  }
}

function endWith(code: number, text: string): never {
  if (code === 0) console.log(text)
  else console.error(text)
  process.exit(code)
}

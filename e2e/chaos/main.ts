import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { runCampaign } from './campaign.ts'

const USAGE = `Places orders while everything breaks, and looks in the databases what does not hold.

  npm run chaos:orders -- [--runs 1] [--seconds 30] [--seed X] [--transport http|rabbitmq|mixed] [--report FOLDER] [--resume]

  --runs       how many, each on new databases
  --seconds    how long things break in each
  --seed       the same seed draws the same shops, customers and faults; a random one unless given
  --transport  what carries the events; mixed, unless given, takes turns
  --report     where reports go, one for each run and one of all; .portico/chaos unless given
  --resume     go on with the runs that the folder has no report of

Exits with 1 when anything did not hold.
`

const TRANSPORTS = ['http', 'rabbitmq', 'mixed'] as const

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '30' },
    seed: { type: 'string', default: String(Math.trunc(Math.random() * 0x7fffffff)) },
    transport: { type: 'string', default: 'mixed' },
    report: { type: 'string', default: join(import.meta.dirname, '../../.portico/chaos') },
    resume: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const runs = Number(values.runs)
const seconds = Number(values.seconds)
const transport = TRANSPORTS.find((name) => name === values.transport)
if (values.help || !Number.isInteger(runs) || runs < 1 || !(seconds > 0) || !transport) {
  console.error(USAGE)
  process.exit(values.help ? 0 : 2)
}

const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort())

console.log(`Seed ${values.seed}, reports in ${values.report}`)
try {
  const results = await runCampaign({
    runs,
    seconds,
    seed: values.seed,
    transport,
    folder: values.report,
    resume: values.resume,
    print: (line) => console.log(line),
    stopping: stopping.signal,
  })
  const failed = results.filter(({ violations }) => violations.length > 0).length
  console.log(`${results.length} runs, ${failed} with violations; see ${join(values.report, 'report.md')}`)
  if (failed > 0 || results.length < runs) process.exitCode = 1
} catch (error) {
  if (!(error instanceof Error)) throw error
  console.error(process.env['DEBUG'] ? error : error.message)
  process.exitCode = 1
}

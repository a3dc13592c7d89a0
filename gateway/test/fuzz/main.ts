import { parseArgs } from 'node:util'
import { fuzz, ORACLES, type Oracle } from './fuzz.ts'

const USAGE = `Compares the gateway's answers to random operations on random supergraphs with right ones.

  npm run fuzz -- [--seconds 60] [--seed N] [--only ${ORACLES.join('|')}] [--path P]

  --seconds  how long in all; 60 unless given
  --seed     the same seed is the same run; a random one unless given
  --only     compare only with this: one schema that has all data, ApolloGateway, or what must hold under faults
  --except   pass over failures that begin with this text; may be given several times
  --path     of a failure that was printed before: goes straight to it
`

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string' },
    only: { type: 'string' },
    path: { type: 'string' },
    except: { type: 'string', multiple: true, default: [] },
    help: { type: 'boolean', default: false },
  },
})
const seed = Number(values.seed ?? Math.trunc(Math.random() * 0x7fffffff))
const seconds = Number(values.seconds)
const only = ORACLES.find((oracle) => oracle === values.only)
if (values.help || !Number.isInteger(seed) || !(seconds > 0) || (values.only !== undefined && !only)) {
  console.error(USAGE)
  process.exit(values.help ? 0 : 2)
}

const oracles: readonly Oracle[] = only ? [only] : ORACLES
for (const oracle of oracles) {
  console.log(`${oracle}: seed ${seed}`)
  const started = performance.now()
  const result = await fuzz({
    oracle,
    seed,
    rounds: values.path === undefined ? Infinity : 1,
    except: values.except,
    seconds: seconds / oracles.length,
    ...(values.path === undefined ? {} : { path: values.path }),
  })
  const { cases, worlds, discarded, withErrors, refused, deviations, failure } = result
  const rate = Math.round((cases * 1000) / (performance.now() - started))
  console.log(
    `${oracle}: ${cases} cases on ${worlds} supergraphs (${discarded} do not compose), ${withErrors} with errors, ${rate} a second`,
  )
  for (const [name, count] of refused) console.log(`  refused: ${name}: ${count}`)
  for (const [name, count] of deviations) console.log(`  stock: ${name}: ${count}`)
  if (failure) {
    console.error(failure)
    process.exitCode = 1
  }
}

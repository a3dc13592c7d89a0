import { databaseNames, openDatabases, type DatabaseName } from '@portico/database/databases'
import { runProgram, type Running } from '@portico/service-kit/lifecycle'
import { logLevelFrom } from '@portico/service-kit/logger'
import { DEVELOPMENT_VIEWER_HEADER } from '@portico/service-kit/trust'
import { loadConfig, requireDemoCurrency, type StartConfig } from './config.ts'
import { createConsoleLog, type ConsoleLog } from './console-log.ts'
import { fillDatabases } from './databases.ts'
import { explain } from './explain.ts'
import { loadOrCreateKeys } from './keys.ts'
import { requireFreePorts } from './ports.ts'
import { describeServices, urlHost } from './services.ts'
import { supervise } from './supervise.ts'
import { untilReady } from './until-ready.ts'

/** What to ask each subgraph first, and the scope that its asker needs. */
const FIRST_QUESTIONS: Readonly<Record<DatabaseName, { query: string; scope: string }>> = {
  users: { query: '{ users(first: 3) { nodes { id email } } }', scope: 'users:read' },
  products: { query: '{ products(first: 3) { nodes { id title } } }', scope: 'products:write' },
  orders: { query: '{ orders(first: 3) { nodes { id number } } }', scope: 'orders:read' },
}

const consoleLog = createConsoleLog(logLevelFrom(process.env), process.stdout)
const wanted = databaseNames.find((known) => known === process.argv[2])
if (!wanted) throw new Error(`Name a subgraph: ${databaseNames.join(', ')}`)

await runProgram({
  service: 'portico',
  env: process.env,
  log: consoleLog.log,
  start: (_, stopping) => startAlone(wanted, loadConfig(process.env), { output: consoleLog, stopping }).catch(explain),
})

/** Runs one subgraph that answers anyone, beside the databases of the graph, whose server is joined when it runs. */
async function startAlone(
  name: DatabaseName,
  config: StartConfig,
  { output, stopping }: { output: ConsoleLog; stopping: AbortSignal },
): Promise<Running> {
  requireDemoCurrency(config)
  await requireFreePorts({ host: config.host, ports: { [name]: config.ports[name] } })
  await using stack = new AsyncDisposableStack()
  const { urls } = stack.use(await openDatabases(config.database, (message) => output.log.info(message)))
  await fillDatabases({ urls, demoData: config.demoData }, output.log)
  const services = describeServices(config, urls, await loadOrCreateKeys(config))
  for (const service of services.filter((each) => each.name === name)) {
    // Whoever answers anyone must not be told whom to trust; and there is nobody to exchange events with.
    const noEvents = { EVENTS_KEY_FILE: '', EVENTS_PUBLISHER_KEYS: '', EVENTS_SUBSCRIBERS: '' }
    const env = { ...service.env, ...noEvents, STANDALONE: 'true', GATEWAY_KEYS_FILE: '' }
    const supervised = stack.use(supervise({ ...service, env }, output))
    const base = `http://${urlHost(config.host)}:${config.ports[name].port}`
    await Promise.race([untilReady(`${base}/health/ready`, stopping), supervised.failed])
    supervised.keep()
    output.print(describeSubgraph(name, base))
  }
  const running = stack.move()
  return { stopWithinMs: 45_000, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

function describeSubgraph(name: DatabaseName, base: string): string {
  const { query, scope } = FIRST_QUESTIONS[name]
  const viewer = JSON.stringify({ id: '00000000-0000-4000-8000-000000000000', scopes: [scope] })
  return `
The ${name} subgraph is ready, alone, and serves whoever ${DEVELOPMENT_VIEWER_HEADER} describes. Try it:

  curl -s ${base}/graphql -H 'content-type: application/json' -H '${DEVELOPMENT_VIEWER_HEADER}: ${viewer}' -d '${JSON.stringify({ query })}'

  Ctrl-C stops it and keeps the data.
`
}

import { runProgram, type Running } from '@portico/service-kit/lifecycle'
import { logLevelFrom } from '@portico/service-kit/logger'
import { describeGraph } from './banner.ts'
import { loadConfig, requireDemoCurrency, type StartConfig } from './config.ts'
import { createConsoleLog, type ConsoleLog } from './console-log.ts'
import { startDatabases } from './databases.ts'
import { explain } from './explain.ts'
import { loadOrCreateKeys } from './keys.ts'
import { requireFreePorts, settleAdminPort } from './ports.ts'
import { describeServices, urlHost } from './services.ts'
import { supervise } from './supervise.ts'
import { untilReady } from './until-ready.ts'

const started = performance.now()
const consoleLog = createConsoleLog(logLevelFrom(process.env), process.stdout)

await runProgram({
  service: 'portico',
  env: process.env,
  log: consoleLog.log,
  start: (_, stopping) => startGraph(loadConfig(process.env), consoleLog, stopping).catch(explain),
})

async function startGraph(given: StartConfig, output: ConsoleLog, stopping: AbortSignal): Promise<Running> {
  requireDemoCurrency(given)
  const config = { ...given, admin: await settleAdminPort(given, output.log) }
  const { port } = config.admin
  const statusPage = port === 'off' ? {} : { 'status page': { ...config.admin, port } }
  await requireFreePorts({ host: config.host, ports: { ...config.ports, ...statusPage } })
  await using stack = new AsyncDisposableStack()
  const databases = stack.use(await startDatabases(config, output.log))
  const keys = await loadOrCreateKeys(config)
  const services = describeServices(config, databases.urls, keys)
  // The stack stops in reverse: the gateway has to be the last that is pushed.
  const supervised = services.toReversed().map((service) => stack.use(supervise(service, output)))
  const gateway = `http://${urlHost(config.host)}:${config.ports.gateway.port}${config.healthPaths.ready}`
  await Promise.race([untilReady(gateway, stopping), ...supervised.map(({ failed }) => failed)])
  for (const { keep } of supervised) keep()
  output.print(describeGraph(config, (performance.now() - started) / 1000))
  const running = stack.move()
  return { stopWithinMs: 45_000, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

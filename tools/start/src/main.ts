import { setTimeout as sleep } from 'node:timers/promises'
import { PortTakenError } from '@portico/database/embedded-postgres'
import { AlreadyRunningError } from '@portico/database/previous-server'
import { ConfigError } from '@portico/service-kit/config'
import { runProgram, type Running } from '@portico/service-kit/lifecycle'
import { logLevelFrom } from '@portico/service-kit/logger'
import { describeGraph } from './banner.ts'
import { loadConfig, type StartConfig } from './config.ts'
import { createConsoleLog, type ConsoleLog } from './console-log.ts'
import { startDatabases } from './databases.ts'
import { loadOrCreateKeys } from './keys.ts'
import { requireFreePorts } from './ports.ts'
import { describeServices, urlHost } from './services.ts'
import { supervise } from './supervise.ts'

const started = performance.now()
const consoleLog = createConsoleLog(logLevelFrom(process.env), process.stdout)

await runProgram({
  service: 'portico',
  env: process.env,
  log: consoleLog.log,
  start: (_, stopping) => startGraph(loadConfig(process.env), consoleLog, stopping),
})

async function startGraph(config: StartConfig, output: ConsoleLog, stopping: AbortSignal): Promise<Running> {
  await requireFreePorts(config)
  await using stack = new AsyncDisposableStack()
  const databases = stack.use(await startDatabases(config, output.log).catch(explain))
  const keys = await loadOrCreateKeys(config)
  const services = describeServices(config, databases.urls, keys)
  // The stack stops in reverse: the gateway has to be the last that is pushed.
  const supervised = services.toReversed().map((service) => stack.use(supervise(service, output)))
  await Promise.race([untilReady(config, stopping), ...supervised.map(({ failed }) => failed)])
  output.print(describeGraph(config, (performance.now() - started) / 1000))
  const running = stack.move()
  return { stopWithinMs: 45_000, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

async function untilReady({ host, ports, healthPaths }: StartConfig, stopping: AbortSignal): Promise<void> {
  const url = `http://${urlHost(host)}:${ports.gateway.port}${healthPaths.ready}`
  for (;;) {
    stopping.throwIfAborted()
    const ready = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    )
    if (ready) return
    await sleep(50)
  }
}

function explain(error: unknown): never {
  if (error instanceof PortTakenError) throw new ConfigError([`POSTGRES_PORT: ${error.message}`])
  if (error instanceof AlreadyRunningError) throw new ConfigError([`PORTICO_DATA_DIR: ${error.message}`])
  throw error
}

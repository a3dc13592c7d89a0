import cluster from 'node:cluster'
import { ConfigError, type Environment } from '@portico/service-kit/config'
import { EXIT_CONFIG, runProgram } from '@portico/service-kit/lifecycle'
import type { GatewayConfig } from '../config.ts'
import { OPEN_MODE_WARNING } from '../config/open-mode.ts'
import { ignoreHangup } from '../workers/hangup.ts'
import { helpText, versionText } from './help.ts'
import { parseCommandLine } from './options.ts'
import { loadSettings } from './settings.ts'

export interface ProgramOptions {
  /** Behind the program's name. */
  args: readonly string[]
  env: Environment
  /** Exit code of mistakes in options, variables and files. Default that of every service, 78. */
  exitOnMistakes?: number
}

const SERVICE = 'gateway'

/**
 * The gateway as a process: reads what it is told, then serves, or looks after workers that do. Imports what serves only
 * when it is needed, so that help, mistakes and the first of several processes cost little.
 */
export async function runGateway({ args, env, exitOnMistakes = EXIT_CONFIG }: ProgramOptions): Promise<void> {
  const line = parseCommandLine(args)
  if (line.problems.length === 0 && line.action !== 'start') {
    process.stdout.write(`${line.action === 'help' ? helpText() : versionText()}\n`)
    return
  }
  const load = () => loadSettings(line, env)
  if (cluster.isWorker) {
    const { runWorker } = await import('../workers/worker.ts')
    return runWorker({ service: SERVICE, env, load, exitOnMistakes })
  }
  const config = await attempt(load)
  if (!config) {
    process.exitCode = exitOnMistakes
    return
  }
  if (config.open) process.stderr.write(loudly([...OPEN_MODE_WARNING, `Listens on ${config.http.host}.`]))
  // What logs before a worker or the server has read the configuration keeps to its level.
  const program = { service: SERVICE, env: { ...env, LOG_LEVEL: config.logLevel }, exitOnMistakes }
  if (config.workers !== undefined) {
    const { runPrimary } = await import('../workers/primary.ts')
    return runPrimary({ ...program, workers: config.workers, exec: process.argv[1] ?? '', args })
  }
  await runProgram({
    ...program,
    onHangup: ignoreHangup,
    async start(log) {
      const { startGateway } = await import('../gateway.ts')
      return startGateway(config, { log })
    },
  })
}

/** Undefined: there are mistakes, which have been told. */
async function attempt(load: () => Promise<GatewayConfig>): Promise<GatewayConfig | undefined> {
  try {
    return await load()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${SERVICE}: ${error.message}\n`)
    return undefined
  }
}

function loudly(lines: readonly string[]): string {
  const rule = '*'.repeat(Math.max(...lines.map(({ length }) => length)) + 4)
  return [rule, ...lines.map((line) => `* ${line.padEnd(rule.length - 4)} *`), rule, ''].join('\n')
}

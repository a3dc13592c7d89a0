import { readFile } from 'node:fs/promises'
import { ConfigError, type Environment } from '@portico/service-kit/config'
import { gatewayVariables, loadConfig, type GatewayConfig } from '../config.ts'
import type { FileSettings } from '../config/file/parse.ts'
import { readShapes } from '../config/file/shape.ts'
import type { Setting, Settings } from '../config/origins.ts'
import type { CommandLine } from './options.ts'

/** Of each of these only one can be set: where another is set, further below, it is replaced. */
const ALTERNATIVES: readonly (readonly string[])[] = [
  ['SUPERGRAPH_PATH', 'SUBGRAPHS_PATH'],
  ['JWKS_URL', 'OIDC_ISSUER'],
]

/**
 * Lays options over variables over the file of settings, and reads the configuration from it all.
 *
 * @throws ConfigError with the mistakes of all three at once, each with where it was made.
 */
export async function loadSettings(line: CommandLine, env: Environment): Promise<GatewayConfig> {
  const variables = settingsOf(env)
  const named = line.settings.get('CONFIG_FILE') ?? variables.get('CONFIG_FILE')
  const file = named ? await readSettingsFile(named, env) : { settings: new Map(), problems: [] }
  const settings = [variables, file.settings].reduce(layBelow, line.settings)
  const problems = [...line.problems, ...file.problems]
  try {
    const config = loadConfig(
      Object.fromEntries([...withChosenHost(settings)].map(([name, { text }]) => [name, text])),
      new Map([...settings].map(([name, { place }]) => [name, place])),
    )
    if (problems.length === 0) return config
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    // What seems to be missing may well be what was mistaken.
    const isSure = (problem: string) => problems.length === 0 || !problem.startsWith('the environment:')
    problems.push(...error.problems.filter(isSure))
  }
  throw new ConfigError(problems)
}

function settingsOf(env: Environment): Settings {
  const given = Object.entries(env).filter((entry): entry is [string, string] => Boolean(entry[1]))
  return new Map(given.map(([name, text]) => [name, { text, place: name }]))
}

async function readSettingsFile({ text: name, place }: Setting, env: Environment): Promise<FileSettings> {
  let source: string
  try {
    source = await readFile(name, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return { settings: new Map(), problems: [`${place}: ${name} can't be read (${code})`] }
  }
  // Most starts have no file, and need no parser of YAML.
  const { parseConfigFile } = await import('../config/file/parse.ts')
  return parseConfigFile(source, { name, env, shapes: readShapes(gatewayVariables) })
}

function layBelow(above: Settings, below: Settings): Settings {
  const left = [...below].filter(([name]) => !namesThatReplace(name).some((other) => above.has(other)))
  return new Map([...above, ...left])
}

/** `X` and `X_FILE` say the same, and so do alternatives in either form. */
function namesThatReplace(name: string): string[] {
  const bare = name.replace(/_FILE$/, '')
  const group = ALTERNATIVES.find((names) => names.includes(bare)) ?? [bare]
  return [name, ...group, ...group.map((other) => `${other}_FILE`)]
}

/** Who opens the gateway to a network says so now: what an image or a file has always said does not count. */
function withChosenHost(settings: Settings): Settings {
  if (settings.get('OPEN_MODE')?.text !== 'true' || settings.get('HOST')?.place === '--host') return settings
  return new Map([...settings].filter(([name]) => name !== 'HOST' && name !== 'HOST_FILE'))
}

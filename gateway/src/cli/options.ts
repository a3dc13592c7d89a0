import { parseArgs } from 'node:util'
import { closest } from 'fastest-levenshtein'
import type { Setting, Settings } from '../config/origins.ts'

interface Option {
  /** The variable that it stands for; undefined: it is answered in place of a start. */
  variable?: string
  /** What its value is called; undefined: it takes none. */
  value?: string
  meaning: string
}

/** What can be said on the command line, in the order in which `--help` tells it. */
export const OPTIONS: Readonly<Record<string, Option>> = {
  supergraph: { variable: 'SUPERGRAPH_PATH', value: 'FILE', meaning: 'A composed supergraph SDL file.' },
  subgraphs: {
    variable: 'SUBGRAPHS_PATH',
    value: 'FILE',
    meaning: 'A JSON list of subgraphs to compose at start: name, url, and schema (SDL, or its file).',
  },
  host: { variable: 'HOST', value: 'ADDRESS', meaning: 'Address to listen on. Default: 127.0.0.1.' },
  port: { variable: 'PORT', value: 'PORT', meaning: 'Port to listen on; 0 takes a free one. Default: 4000.' },
  'graphql-path': { variable: 'GRAPHQL_PATH', value: 'PATH', meaning: 'Of the endpoint. Default: /graphql.' },
  'health-path': {
    variable: 'HEALTH_READY_PATH',
    value: 'PATH',
    meaning: 'Answers 200 while the gateway can serve. Default: /health/ready.',
  },
  'admin-port': {
    variable: 'ADMIN_PORT',
    value: 'PORT',
    meaning: 'Port of metrics and status page; off serves none. Default: 4100, or a free one.',
  },
  workers: {
    variable: 'WORKERS',
    value: 'N',
    meaning: 'Processes that share the port, auto: one per core. SIGHUP rolls them. Default: one alone.',
  },
  config: { variable: 'CONFIG_FILE', value: 'FILE', meaning: 'A YAML file of settings.' },
  'log-level': { variable: 'LOG_LEVEL', value: 'LEVEL', meaning: 'fatal, error, warn, info, debug. Default: info.' },
  open: {
    variable: 'OPEN_MODE',
    meaning: 'No authentication, limits or signing, introspection on; loopback unless --host is given.',
  },
  help: { meaning: 'Prints this.' },
  version: { meaning: 'Prints the version.' },
}

/** What the command line asks for. */
export interface CommandLine {
  action: 'start' | 'help' | 'version'
  settings: Settings
  /** A line each, starting with the option. */
  problems: readonly string[]
}

/** Reads the arguments behind the program's name. Of an option that is given twice the last one counts. */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const types = Object.entries(OPTIONS).map(
    ([name, { value }]) => [name, { type: value === undefined ? 'boolean' : 'string' }] as const,
  )
  const { tokens } = parseArgs({
    args: [...args],
    options: { ...Object.fromEntries(types), help: { type: 'boolean', short: 'h' } },
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const settings = new Map<string, Setting>()
  const problems: string[] = []
  let action: CommandLine['action'] = 'start'

  for (const [index, token] of tokens.entries()) {
    if (token.kind === 'positional') {
      // Behind an option that does not exist it is most likely its value.
      const before = tokens[index - 1]
      if (before?.kind === 'option' && !Object.hasOwn(OPTIONS, before.name)) continue
      problems.push(`${token.value}: is no option; a supergraph is given as --supergraph FILE`)
    }
    if (token.kind !== 'option') continue
    const { name, rawName, value } = token
    const option = Object.hasOwn(OPTIONS, name) ? OPTIONS[name] : undefined
    if (option === undefined) {
      problems.push(`${rawName}: there is no such option; did you mean --${closest(name, Object.keys(OPTIONS))}?`)
    } else if (option.value === undefined ? value !== undefined : !value) {
      problems.push(
        `${rawName}: ${option.value === undefined ? 'takes no value' : `needs a value: ${rawName} ${option.value}`}`,
      )
    } else if (option.variable === undefined) {
      action = name === 'help' ? 'help' : 'version'
    } else {
      settings.set(option.variable, { text: value ?? 'true', place: `--${name}` })
    }
  }
  return { action, settings, problems }
}

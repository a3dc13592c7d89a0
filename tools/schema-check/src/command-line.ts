import { parseArgs } from 'node:util'
import type { Environment } from '@portico/service-kit/config'
import { UsageError } from './usage-error.ts'

const FORMATS = ['text', 'json', 'github'] as const

/** What the command is asked to do. */
export type CommandLine =
  | { name: 'help'; usage: string }
  | { name: 'compose' }
  | {
      name: 'check'
      /** The git ref to compare with. */
      base: string | undefined
      format: (typeof FORMATS)[number]
    }

const USAGE = `Usage:
  npm run schema:compose
  npm run schema:check [-- --base REF] [--format ${FORMATS.join('|')}]

  --base REF     also compare with where this branch leaves REF, such as origin/main
  --format NAME  text, unless GITHUB_ACTIONS is true: then github
  --help         print this`

/**
 * Reads the arguments; GITHUB_ACTIONS in the environment decides about the format when no argument does.
 *
 * @throws UsageError when they can't be meant.
 */
export function parseCommandLine(args: readonly string[], env: Environment): CommandLine {
  const { values: given, positionals } = parse(args)
  const { help, ...values } = given
  if (help) return { name: 'help', usage: USAGE }
  const [name, ...more] = positionals
  if (more.length > 0) throw new UsageError(`${more.join(' ')}: what is that?\n${USAGE}`)
  if (name === 'compose' && Object.keys(values).length === 0) return { name }
  if (name !== 'check') throw new UsageError(USAGE)
  const asked = values.format ?? (env['GITHUB_ACTIONS'] === 'true' ? 'github' : 'text')
  const format = FORMATS.find((known) => known === asked)
  if (!format) throw new UsageError(`--format ${asked}: there is no such format.\n${USAGE}`)
  if (values.base === '') throw new UsageError(`--base: needs a ref to compare with.\n${USAGE}`)
  return { name, base: values.base, format }
}

function parse(args: readonly string[]) {
  const options = { base: { type: 'string' }, format: { type: 'string' }, help: { type: 'boolean' } } as const
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`)
  }
}

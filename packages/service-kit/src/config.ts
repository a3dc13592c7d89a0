import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { ConfigError } from './config-error.ts'
import { readFileVariables } from './config-files.ts'

/** The variables that a process was started with; `process.env` fits. */
export type Environment = Readonly<Record<string, string | undefined>>

// Apart, for processes that only pass mistakes on and need no schema.
export { ConfigError }

/**
 * Parses a flat environment with a zod object schema whose keys are the variables' names. An empty value counts as
 * unset, so that `PORT=` means the default. Every variable `X` may also be given as `X_FILE`, the name of a file that
 * holds it; reading those files is all that happens outside.
 *
 * @throws ConfigError with all mistakes at once, also of files that can't be read.
 */
export function parseEnvironment<Config>(schema: z.ZodType<Config>, env: Environment): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''))
  const files = readFileVariables(variablesOf(schema), given)
  const result = schema.safeParse({ ...given, ...files.values })
  if (result.success && files.problems.size === 0) return result.data
  const describe = (issue: z.core.$ZodIssue) => {
    const variable = issue.path.join('.')
    if (files.values[variable] !== undefined) {
      return `${variable}_FILE: what ${given[`${variable}_FILE`]} holds ${issue.message}`
    }
    const unset = variable !== '' && given[variable] === undefined
    // What is wrong between variables is said by whoever looked at them together.
    return `${variable || 'the environment'}: ${unset && issue.code !== 'custom' ? 'must be set' : issue.message}`
  }
  const issues = result.error?.issues.filter(({ path }) => !files.problems.has(path.join('.'))) ?? []
  throw new ConfigError([...files.problems.values(), ...issues.map(describe)])
}

/** The names that an object schema knows, whatever it is refined or transformed with. */
function variablesOf(schema: z.ZodType): string[] {
  return Object.keys(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }).properties ?? {})
}

/**
 * For `.superRefine` of a schema of variables: compares them also when some are mistaken by themselves, so that
 * everything is told at once. What compares them sees a mistaken variable as its text, or not at all.
 */
export const evenWithMistakes = { when: () => true }

/**
 * Waits for everything that a configuration leads to, so that all mistakes are told at once.
 *
 * @throws ConfigError with the problems of all that failed with one; what else failed comes first.
 */
export async function waitForAll<Values extends readonly unknown[] | []>(
  loading: Values,
): Promise<{ -readonly [Index in keyof Values]: Awaited<Values[Index]> }> {
  const problems: string[] = []
  for (const result of await Promise.allSettled(loading)) {
    if (result.status === 'fulfilled') continue
    if (!(result.reason instanceof ConfigError)) throw result.reason
    problems.push(...result.reason.problems)
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return Promise.all(loading)
}

/**
 * Reads a text file that the configuration names in `variable`.
 *
 * @throws ConfigError that names the variable and the file, when it can't be read.
 */
export async function readConfiguredFile(file: string, variable: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch {
    throw new ConfigError([`${variable}: ${file} can't be read`])
  }
}

/**
 * What a value must be, said once: for the message of a mistake, and for the table of docs/configuration.md. `inFile` is the
 * JSON Schema of the value where a file of settings has types, for what is not text there.
 */
function must(be: string, inFile?: object) {
  return { message: `must be ${be}`, meta: inFile ? { mustBe: be, inFile } : { mustBe: be } }
}

/** An integer within bounds, both included, given as text; `unit` is what it counts, such as "milliseconds". */
export function integer(bounds: { min: number; max: number; unit?: string }) {
  const unit = bounds.unit ? ` of ${bounds.unit}` : ''
  const { message, meta } = must(`a whole number${unit} from ${bounds.min} to ${bounds.max}`, {
    type: 'integer',
    minimum: bounds.min,
    maximum: bounds.max,
  })
  return z
    .string()
    .regex(/^-?\d+$/, message)
    .transform(Number)
    .refine((value) => value >= bounds.min && value <= bounds.max, message)
    .meta(meta)
}

/** A TCP port; 0 asks the system for a free one. */
export const port = () => integer({ min: 0, max: 65_535 })

/** The path of a route. */
export function urlPath() {
  const { message, meta } = must('a path that starts with /')
  return z
    .string()
    .regex(/^\/[\w./-]*$/, message)
    .meta(meta)
}

/** A duration in milliseconds, from one to one hour. */
export const milliseconds = () => integer({ min: 1, max: 3_600_000, unit: 'milliseconds' })

/** `true` or `false`. */
export const flag = () =>
  z
    .enum(['true', 'false'], 'must be true or false')
    .transform((value) => value === 'true')
    .meta({ inFile: { type: 'boolean' } })

/** An absolute http or https address. */
export function httpUrl() {
  const { message, meta } = must('an absolute http:// or https:// address')
  return z
    .url({ protocol: /^https?$/, error: message })
    .transform((url) => new URL(url))
    .meta(meta)
}

/** A PostgreSQL connection string. */
export function postgresUrl() {
  const { meta } = must('a postgresql:// address')
  return z
    .string()
    .regex(/^postgres(ql)?:\/\/\S+$/, 'must look like postgresql://user:password@host:5432/database')
    .meta(meta)
}

/** The name of a file or folder. Where a file of settings names it, it starts at the folder of that file. */
export const filePath = () => z.string().meta({ mustBe: 'the name of a file or folder', isPath: true })

/** Text split at commas, trimmed, empty parts dropped. */
export function commaList() {
  const { meta } = must('a list with commas', { type: 'array', items: { type: 'string' } })
  return z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    )
    .meta(meta)
}

/** One of a few words. */
export function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.enum(words, `must be one of ${words.join(', ')}`)
}

/** The level of pino's logger. */
export const logLevel = () => oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])

/** Whether a process serves the world, somebody who works on it, or its tests. */
export const nodeEnv = () => oneOf(['production', 'development', 'test'])

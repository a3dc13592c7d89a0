import { relative } from 'node:path'
import { z } from 'zod'

/** The variables of a process, or of a part of one, by name. */
export type Variables = Readonly<Record<string, z.ZodType>>

/** A row of the table. */
export interface VariableDescription {
  name: string
  meaning: string
  /** What the value must be, with its unit. */
  value: string
  /** As it would be written; undefined: none. */
  preset: string | undefined
  /** In words, what holds while it is unset and nothing fixed is its default. */
  otherwise?: string
  required: boolean
}

/** A variable that nobody could set from what is said of it; `problems` has a line for each. */
export class UndescribedVariableError extends Error {
  override readonly name = 'UndescribedVariableError'

  constructor(problems: readonly string[]) {
    super(`docs/configuration.md can not be written:\n${problems.map((line) => `  - ${line}`).join('\n')}`)
  }
}

/** As much of JSON Schema as zod makes of a variable, and what the kit's `integer()`, `httpUrl()`, … add to it. */
const property = z.object({
  description: z.string().optional(),
  mustBe: z.string().optional(),
  enum: z.array(z.string()).optional(),
  pattern: z.string().optional(),
})
type Property = z.infer<typeof property>

/** What the kit's `commaList()` says of itself. */
const LIST = 'a list with commas'

/**
 * Describes variables from the schemas that read them. Paths below `root` are written relative to it.
 *
 * @throws UndescribedVariableError when one has no description, no unit, or a list or pattern without words for it.
 */
export function describeVariables(variables: Variables, root: string): VariableDescription[] {
  const { properties = {} } = z.toJSONSchema(z.object(variables), { io: 'input', unrepresentable: 'any' })
  const problems: string[] = []
  const described = Object.entries(variables).map(([name, schema]): VariableDescription => {
    const said = property.parse(properties[name])
    if (!said.description) problems.push(`${name}: say what it means with .describe()`)
    if (said.mustBe?.startsWith('a whole number from') && !/(^|_)PORT$/.test(name)) {
      problems.push(`${name}: say what it counts with the unit of integer()`)
    }
    if (said.pattern !== undefined && said.mustBe === undefined) {
      problems.push(`${name}: say what it must be with .meta({ mustBe })`)
    }
    if (said.mustBe === LIST) problems.push(`${name}: say what it lists with .meta({ mustBe })`)
    const unset = schema.safeParse(undefined)
    return {
      name,
      ...splitDefault(said.description ?? ''),
      value: valueOf(said),
      preset: unset.success ? writtenAs(unset.data, root) : undefined,
      required: !unset.success,
    }
  })
  if (problems.length > 0) throw new UndescribedVariableError(problems)
  return described
}

/** Takes a default in words, such as one that another variable decides, from the end of a description. */
function splitDefault(description: string): { meaning: string; otherwise?: string } {
  const [, meaning, otherwise] = /^(.*) Default: (.*)\.$/s.exec(description) ?? []
  return meaning !== undefined && otherwise !== undefined ? { meaning, otherwise } : { meaning: description }
}

function valueOf({ mustBe, enum: names }: Property): string {
  if (mustBe !== undefined) return mustBe
  return names ? names.map((name) => `\`${name}\``).join(', ') : 'text'
}

function writtenAs(value: unknown, root: string): string | undefined {
  if (typeof value === 'string') return value.startsWith(root) ? relative(root, value) : value
  if (value instanceof Set || Array.isArray(value)) return [...value].join() || undefined
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value !== 'object' || value === null) return undefined
  const entries = value instanceof Map ? [...value] : Object.entries(value)
  return entries.map(([key, item]) => `${key}=${item}`).join() || undefined
}

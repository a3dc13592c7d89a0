import { FieldDefinition, type Schema } from '@apollo/federation-internals'
import { ConfigError } from '@portico/service-kit/config'
import { z } from 'zod'
import { directiveUses } from './feature-directive.ts'

/** What `@listSize` says of a field, as the cost directives of Apollo Federation define it. */
export interface ListSize {
  assumedSize: number | undefined
  /** Paths to the arguments that say how long the list is, such as `['first']` or `['page', 'limit']`. */
  slicingArguments: readonly (readonly string[])[]
  /** Fields of what it returns that are as long as that, instead of itself; empty: itself. */
  sizedFields: ReadonlySet<string>
}

const COST_FEATURE = 'https://specs.apollo.dev/cost'

const names = z.array(z.string()).nullish()
const directiveArguments = z.object({
  assumedSize: z.int('assumedSize must be a whole number').min(0, 'assumedSize must not be negative').nullish(),
  slicingArguments: names,
  sizedFields: names,
})

/**
 * The list sizes of a supergraph, by coordinate.
 *
 * @throws ConfigError with every `@listSize` that can't be understood.
 */
export function readListSizes(schema: Schema): ReadonlyMap<string, ListSize> {
  const problems: string[] = []
  const sizes = new Map<string, ListSize>()
  for (const use of directiveUses(schema, COST_FEATURE, 'listSize')) {
    if (!(use.parent instanceof FieldDefinition)) continue
    const { coordinate } = use.parent
    const parsed = directiveArguments.safeParse(use.arguments())
    if (!parsed.success) {
      problems.push(
        ...parsed.error.issues.map(({ message }) => `the supergraph: @listSize on ${coordinate}: ${message}`),
      )
      continue
    }
    const { assumedSize, slicingArguments, sizedFields } = parsed.data
    sizes.set(coordinate, {
      assumedSize: assumedSize ?? undefined,
      slicingArguments: (slicingArguments ?? []).map((path) => path.split('.')),
      sizedFields: new Set(sizedFields),
    })
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return sizes
}

/**
 * How long a list is expected to be for these arguments: what the largest slicing argument asks for, or else the assumed
 * size; at least 1, also when nothing is known.
 */
export function expectedSize({ assumedSize, slicingArguments }: ListSize, args: Record<string, unknown>): number {
  const asked = slicingArguments
    .map((path) => path.reduce<unknown>((value, name) => (isRecord(value) ? value[name] : undefined), args))
    .filter((value) => typeof value === 'number')
  return Math.max(1, ...(asked.length > 0 ? asked : [assumedSize ?? 1]))
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

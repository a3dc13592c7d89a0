import type { Schema } from '@apollo/federation-internals'
import { directiveUses } from '../supergraph/feature-directive.ts'

/** The feature by which a supergraph says which subgraph has what. */
export const JOIN_FEATURE = 'https://specs.apollo.dev/join'

/**
 * The names of all fields that the planner may add to an operation: those of keys, of `@requires` and `@provides`, and of
 * contexts. Names of types and arguments in them are among them too, which does no harm.
 */
export function readPlannedNames(supergraph: Schema): ReadonlySet<string> {
  const names = new Set<string>()
  for (const directive of ['type', 'field']) {
    for (const use of directiveUses(supergraph, JOIN_FEATURE, directive)) collectNames(use.arguments(), names)
  }
  return names
}

/** The arguments that hold selections. */
const SELECTIONS = ['key', 'requires', 'provides', 'contextArguments']

function collectNames(args: Readonly<Record<string, unknown>>, names: Set<string>): void {
  for (const name of SELECTIONS) {
    for (const [found] of textOf(args[name]).matchAll(/[_A-Za-z]\w*/g)) names.add(found)
  }
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  return value === undefined ? '' : JSON.stringify(value)
}

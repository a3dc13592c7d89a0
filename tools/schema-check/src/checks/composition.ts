import { createDefinitions, type Definitions } from '../definitions.ts'
import { locationsOf, uniqueLocations, type Finding } from '../finding.ts'
import type { CompositionHint } from '../snapshot.ts'
import type { Check } from './check.ts'

/** Hints that mean a subgraph says something that is not so in the supergraph. */
const ERRORS = new Set(['INCONSISTENT_NON_REPEATABLE_DIRECTIVE_ARGUMENTS', 'DIRECTIVE_COMPOSITION_WARN'])

/** Subgraphs that are no GraphQL, do not fit each other, or fit only by leaving something out. */
export const checkComposition: Check = ({ now }) => {
  const definitions = createDefinitions(now.subgraphs)
  const files = new Set(now.subgraphs.map(({ file }) => file))
  const errors = now.errors.map(({ message, nodes, source, locations, extensions }): Finding => {
    const syntax = source && locations?.map(({ line, column }) => ({ file: source.name, line, column }))
    // A subgraph of Federation 1 is rewritten first: what comes of that has no place in its file.
    const known = locationsOf(nodes ?? []).filter(({ file }) => files.has(file))
    const places = known.length > 0 ? known : nodes?.length || !syntax ? quoted(message, definitions) : syntax
    const code = typeof extensions['code'] === 'string' ? extensions['code'] : 'INVALID_GRAPHQL'
    return { check: 'composition', severity: 'error', code, message, locations: places }
  })
  return [...errors, ...now.hints.map(describeHint)]
}

/** Places of the fields, else the types, that a message names in quotes: errors of satisfiability come without nodes. */
function quoted(message: string, definitions: Definitions) {
  const find = (pattern: RegExp) => [...message.matchAll(pattern)].flatMap(([, name = '']) => definitions.at(name))
  const fields = find(/"(\w+\.\w+)"/g)
  return uniqueLocations(fields.length > 0 ? fields : find(/"(\w+)"/g))
}

function describeHint({ definition, message, nodes, coordinate }: CompositionHint): Finding {
  const { code, level } = definition
  return {
    check: 'composition',
    severity: ERRORS.has(code) ? 'error' : level.name === 'WARN' ? 'warning' : 'notice',
    code,
    message,
    locations: locationsOf(nodes ?? []),
    ...(coordinate === undefined ? {} : { coordinate }),
  }
}

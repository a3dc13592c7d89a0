import type { Supergraph } from '@apollo/federation-internals'
import { print, visit, type DirectiveDefinitionNode, type DirectiveNode } from 'graphql'
import { forEachCoordinate } from '../definitions.ts'
import { locationsOf, type Finding } from '../finding.ts'
import { readLinks } from '../links.ts'
import type { Snapshot, SubgraphDocument } from '../snapshot.ts'
import type { Check } from './check.ts'

/** Directives from here ask something of the gateway, which sees only what is composed into the supergraph. */
const OURS = 'https://portico.dev/'

/** Such a directive, by the name that it has when it was declared without a link. */
const KNOWN = new Set(['rateLimit'])

/**
 * What a subgraph asks of the gateway reaches the supergraph. Composition drops a directive without a word when its
 * `@link` or `@composeDirective` is missing, and takes one of several definitions that differ; a field that is given
 * different arguments by two subgraphs is one of its hints.
 */
export const checkDirectives: Check = ({ now }) => [
  ...now.subgraphs.flatMap((subgraph) => findLost(subgraph, now)),
  ...findDifferentDefinitions(now.subgraphs),
]

interface Use {
  coordinate: string
  node: DirectiveNode
}

function findLost({ name: subgraph, document }: SubgraphDocument, { composed }: Snapshot): Finding[] {
  const links = readLinks(document)
  const uses = new Map<string, Use[]>()
  forEachCoordinate(document, (coordinate, element) => {
    if (!('directives' in element)) return
    for (const node of element.directives ?? []) {
      const name = node.name.value
      if (!KNOWN.has(name) && !links.comesFrom(name, OURS)) continue
      uses.set(name, [...(uses.get(name) ?? []), { coordinate, node }])
    }
  })
  return [...uses].flatMap(([name, all]) => {
    const missing = [
      ...(links.comesFrom(name, OURS) ? [] : [`@link(url: "${OURS}${name}/v1.0", import: ["@${name}"])`]),
      ...(links.composed.has(name) ? [] : [`@composeDirective(name: "@${name}")`]),
    ]
    if (missing.length > 0) {
      const advice = `add ${missing.join(' and ')} to its schema`
      return [lost({ name, subgraph, uses: all, advice })]
    }
    const left = composed ? all.filter(({ coordinate }) => !has(composed.supergraph, coordinate, name)) : []
    if (left.length === 0) return []
    return [lost({ name, subgraph, uses: left, advice: 'composition leaves it out there, so say it elsewhere' })]
  })
}

function lost(what: { name: string; subgraph: string; uses: readonly Use[]; advice: string }): Finding {
  const places = what.uses.map(({ coordinate }) => coordinate).join(', ')
  return {
    check: 'directives',
    severity: 'error',
    code: 'DIRECTIVE_NOT_COMPOSED',
    message: `@${what.name} on ${places} in ${what.subgraph} does not reach the supergraph, and nothing keeps it: ${what.advice}.`,
    locations: locationsOf(what.uses.map(({ node }) => node)),
    ...(what.uses[0] && { coordinate: what.uses[0].coordinate }),
  }
}

function has(supergraph: Supergraph, coordinate: string, name: string): boolean {
  // Arguments have coordinates of another form there, and none of these directives stands on one.
  if (!/^\w+(\.\w+)?$/.test(coordinate)) return true
  return supergraph.schema.elementByCoordinate(coordinate)?.hasAppliedDirective(name) ?? false
}

function findDifferentDefinitions(subgraphs: readonly SubgraphDocument[]): Finding[] {
  const definitions = new Map<string, DirectiveDefinitionNode[]>()
  for (const { document } of subgraphs) {
    const links = readLinks(document)
    visit(document, {
      DirectiveDefinition(node) {
        const name = node.name.value
        if (!links.composed.has(name)) return
        definitions.set(name, [...(definitions.get(name) ?? []), node])
      },
    })
  }
  return [...definitions]
    .filter(([, nodes]) => new Set(nodes.map(printBare)).size > 1)
    .map(([name, nodes]) => ({
      check: 'directives',
      severity: 'error',
      code: 'DIRECTIVE_DEFINITIONS_DIFFER',
      message: `The definitions of @${name} differ, and the supergraph takes only one of them: make them equal.`,
      locations: locationsOf(nodes),
      coordinate: `@${name}`,
    }))
}

/** A definition without its descriptions. */
function printBare({ description: _, ...definition }: DirectiveDefinitionNode): string {
  const args = definition.arguments?.map(({ description: _description, ...argument }) => argument) ?? []
  return print({ ...definition, arguments: args.toSorted((a, b) => a.name.value.localeCompare(b.name.value)) })
}

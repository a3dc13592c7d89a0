import { errorCauses, Supergraph } from '@apollo/federation-internals'
import { KEPT_FEATURES } from '@portico/gateway/supergraph/load'
import { visit, type DirectiveNode } from 'graphql'
import { readAccess } from '../access.ts'
import { createDefinitions } from '../definitions.ts'
import { locationsOf, uniqueLocations, type Finding, type Location } from '../finding.ts'
import type { SubgraphDocument } from '../snapshot.ts'
import type { Check } from './check.ts'

/** What the gateway refuses to start with, because it could not enforce it. */
export const checkEnforceable: Check = ({ now }) => {
  if (!now.composed || now.supergraphText === undefined) return []
  const definitions = createDefinitions(now.subgraphs)
  const features = findRefusedFeatures(now.supergraphText).map(({ message, name }) =>
    refused(message, findUses(name, now.subgraphs)),
  )
  const access = readAccess(now.composed)
  if (!Array.isArray(access)) return features
  const demands = access.map((message) => {
    const mentioned = [...message.matchAll(/\w+(\.\w+)?/g)].flatMap(([coordinate]) => definitions.at(coordinate))
    return refused(message, uniqueLocations(mentioned))
  })
  return [...features, ...demands]
}

function refused(message: string, locations: readonly Location[]): Finding {
  return { check: 'directives', severity: 'error', code: 'GATEWAY_REFUSES', message, locations }
}

/** Specifications that the supergraph wants kept for security or execution, and that the gateway does not know. */
function findRefusedFeatures(supergraphText: string): { message: string; name: string }[] {
  try {
    Supergraph.build(supergraphText, { supportedFeatures: KEPT_FEATURES })
    return []
  } catch (error) {
    if (!(error instanceof Error)) throw error
    return (errorCauses(error) ?? [error])
      .map(({ message }) => ({
        message: `The gateway would not start: ${message}.`,
        name: /\/(\w+)\/v\d+\.\d+/.exec(message)?.[1] ?? '',
      }))
      .filter(({ name }) => name !== 'policy') // Each of its uses is told with its place, as a demand.
  }
}

/** Where subgraphs link a specification of this name, and use the directive that has its name. */
function findUses(name: string, subgraphs: readonly SubgraphDocument[]): Location[] {
  const nodes: DirectiveNode[] = []
  for (const { document } of subgraphs) {
    visit(document, {
      Directive(node) {
        const links = node.name.value === 'link' && node.arguments?.some(({ value }) => isSpecification(value, name))
        if (links || node.name.value === name || node.name.value === `federation__${name}`) nodes.push(node)
      },
    })
  }
  return locationsOf(nodes)
}

function isSpecification(value: { kind: string; value?: unknown }, name: string): boolean {
  return typeof value.value === 'string' && value.value.includes(`/${name}/v`)
}

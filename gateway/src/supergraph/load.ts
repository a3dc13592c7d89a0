import {
  errorCauses,
  ROUTER_SUPPORTED_SUPERGRAPH_FEATURES,
  Supergraph,
  type Schema,
} from '@apollo/federation-internals'
import { ConfigError, readConfiguredFile } from '@portico/service-kit/config'
import type { GraphQLSchema } from 'graphql'
import type { GatewayConfig } from '../config.ts'
import { parseSubgraphAddress } from './address.ts'
import { composeSupergraph } from './compose.ts'

/** A supergraph in the forms that the gateway's parts work on. */
export interface LoadedSupergraph {
  sdl: string
  supergraph: Supergraph
  /** What clients see, for the planner. */
  apiSchema: Schema
  /** What clients see, for graphql-js. */
  apiGraphqlSchema: GraphQLSchema
  /** All types with their join directives, for the executor. */
  supergraphGraphqlSchema: GraphQLSchema
  /** Each subgraph's endpoint. */
  subgraphs: ReadonlyMap<string, URL>
}

/**
 * Features marked `for: SECURITY` or `EXECUTION` that this gateway may load. What it does not enforce it refuses:
 * `@policy` always, `@authenticated` and `@requiresScopes` unless the operator says that the subgraphs do it.
 */
function loadableFeatures(subgraphsAuthorize: boolean): Set<string> {
  const refused = subgraphsAuthorize
    ? /\/(policy|connect|cacheTag)\//
    : /\/(policy|connect|cacheTag|authenticated|requiresScopes)\//
  return new Set([...ROUTER_SUPPORTED_SUPERGRAPH_FEATURES].filter((feature) => !refused.test(feature)))
}

/**
 * Loads the supergraph that the configuration names.
 *
 * @throws ConfigError when it can't be read, composed or served.
 */
export async function loadSupergraph(
  config: Pick<GatewayConfig, 'supergraph' | 'subgraphUrls' | 'subgraphsAuthorize'>,
): Promise<LoadedSupergraph> {
  const { kind, file } = config.supergraph
  const sdl = kind === 'subgraphs' ? await composeSupergraph(file) : await readConfiguredFile(file, 'SUPERGRAPH_PATH')
  const supergraph = buildSupergraph(sdl, config)
  const apiSchema = supergraph.apiSchema()
  return {
    sdl,
    supergraph,
    apiSchema,
    apiGraphqlSchema: apiSchema.toGraphQLJSSchema(),
    supergraphGraphqlSchema: supergraph.schema.toGraphQLJSSchema(),
    subgraphs: resolveSubgraphs(supergraph, config.subgraphUrls),
  }
}

function buildSupergraph(
  sdl: string,
  { supergraph: { file }, subgraphsAuthorize }: Pick<GatewayConfig, 'supergraph' | 'subgraphsAuthorize'>,
): Supergraph {
  try {
    const supportedFeatures = loadableFeatures(subgraphsAuthorize)
    return Supergraph.build(sdl, { supportedFeatures, validateSupergraph: true })
  } catch (error) {
    const causes = error instanceof Error ? (errorCauses(error) ?? [error]) : [new Error(String(error))]
    throw new ConfigError(causes.map(({ message }) => `${file}: ${message}${hintFor(message)}`))
  }
}

function resolveSubgraphs(supergraph: Supergraph, overrides: ReadonlyMap<string, URL>): Map<string, URL> {
  const metadata = supergraph.subgraphsMetadata()
  const names = new Set(metadata.map(({ name }) => name))
  const problems = [...overrides.keys()]
    .filter((name) => !names.has(name))
    .map((name) => `SUBGRAPH_URLS: the supergraph has no subgraph ${name}; it has ${[...names].join(', ')}`)
  const subgraphs = new Map<string, URL>()
  for (const { name, url } of metadata) {
    try {
      subgraphs.set(name, parseSubgraphAddress(overrides.get(name)?.href ?? url))
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      problems.push(`subgraph ${name}: ${reason}; set another with SUBGRAPH_URLS=${name}=http://…`)
    }
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return subgraphs
}

function hintFor(message: string): string {
  return /\/(authenticated|requiresScopes)\//.test(message)
    ? ' (this gateway does not enforce it; set SUBGRAPHS_AUTHORIZE=true if all subgraphs do)'
    : ''
}

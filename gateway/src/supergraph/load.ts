import { ROUTER_SUPPORTED_SUPERGRAPH_FEATURES, Supergraph, type Schema } from '@apollo/federation-internals'
import { ConfigError } from '@portico/service-kit/config'
import type { GraphQLSchema } from 'graphql'
import type { GatewayConfig } from '../config.ts'
import { composeSupergraph, readConfigured } from './compose.ts'

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
 * Features marked `for: SECURITY` or `EXECUTION` that this gateway may load. `@authenticated` and `@requiresScopes` are
 * kept by our subgraphs themselves; `@policy` is kept by nobody, so a supergraph with it is refused.
 */
const LOADABLE_FEATURES = new Set(
  [...ROUTER_SUPPORTED_SUPERGRAPH_FEATURES].filter((feature) => !/\/(policy|connect|cacheTag)\//.test(feature)),
)

/**
 * Loads the supergraph that the configuration names.
 *
 * @throws ConfigError when it can't be read, composed or served.
 */
export async function loadSupergraph(
  config: Pick<GatewayConfig, 'supergraph' | 'subgraphUrls'>,
): Promise<LoadedSupergraph> {
  const { kind, file } = config.supergraph
  const sdl = kind === 'subgraphs' ? await composeSupergraph(file) : await readConfigured(file, 'SUPERGRAPH_PATH')
  const supergraph = buildSupergraph(sdl, file)
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

function buildSupergraph(sdl: string, file: string): Supergraph {
  try {
    return Supergraph.build(sdl, { supportedFeatures: LOADABLE_FEATURES, validateSupergraph: true })
  } catch (error) {
    throw new ConfigError([`${file}: ${error instanceof Error ? error.message : String(error)}`])
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
    const address = overrides.get(name) ?? (URL.canParse(url) ? new URL(url) : undefined)
    if (address) subgraphs.set(name, address)
    else problems.push(`subgraph ${name}: "${url}" is not an address; set one with SUBGRAPH_URLS=${name}=http://…`)
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return subgraphs
}

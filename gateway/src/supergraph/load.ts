import {
  errorCauses,
  ROUTER_SUPPORTED_SUPERGRAPH_FEATURES,
  Supergraph,
  type Schema,
} from '@apollo/federation-internals'
import { ConfigError, readConfiguredFile } from '@portico/service-kit/config'
import type { GraphQLSchema } from 'graphql'
import type { SupergraphConfig } from '../config/supergraph.ts'
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

/** Features marked `for: SECURITY` or `EXECUTION` that this gateway keeps; a supergraph with any other is refused. */
const KEPT_FEATURES = new Set(
  [...ROUTER_SUPPORTED_SUPERGRAPH_FEATURES].filter((url) => !/\/(policy|connect|cacheTag)\//.test(url)),
)

/**
 * Loads the supergraph that the configuration names.
 *
 * @throws ConfigError when it can't be read, composed or served.
 */
export async function loadSupergraph(
  config: Pick<SupergraphConfig, 'source' | 'subgraphUrls'>,
): Promise<LoadedSupergraph> {
  const { kind, file } = config.source
  const sdl = kind === 'subgraphs' ? await composeSupergraph(file) : await readConfiguredFile(file, 'SUPERGRAPH_PATH')
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
    return Supergraph.build(sdl, { supportedFeatures: KEPT_FEATURES, validateSupergraph: true })
  } catch (error) {
    const causes = error instanceof Error ? (errorCauses(error) ?? [error]) : [new Error(String(error))]
    throw new ConfigError(causes.map(({ message }) => `${file}: ${message}`))
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

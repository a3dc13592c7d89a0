import {
  errorCauses,
  ROUTER_SUPPORTED_SUPERGRAPH_FEATURES,
  Supergraph,
  type Schema,
} from '@apollo/federation-internals'
import { ConfigError, readConfiguredFile } from '@portico/service-kit/config'
import type { GraphQLSchema } from 'graphql'
import { readRequirements, type Requirements } from './requirements.ts'
import type { SupergraphConfig } from '../config/supergraph.ts'
import { parseSubgraphAddress } from './address.ts'
import { composeSupergraph } from './compose.ts'

/** A supergraph in the forms that the gateway's parts work on. */
export interface LoadedSupergraph {
  sdl: string
  supergraph: Supergraph
  /** What clients see, for the planner. */
  apiSchema: Schema
  /** What clients see, for graphql-js; nothing is to put resolvers into it. */
  apiGraphqlSchema: GraphQLSchema
  /** All types with their join directives, for the executor. */
  supergraphGraphqlSchema: GraphQLSchema
  /** Who may see what. */
  requirements: Requirements
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
 * @throws ConfigError when it can't be read, composed or served, or other parts of the configuration speak of subgraphs
 * that it does not have.
 */
export async function loadSupergraph(
  config: Pick<SupergraphConfig, 'source' | 'subgraphUrls'>,
  { optionalSubgraphs = new Set() }: { optionalSubgraphs?: ReadonlySet<string> } = {},
): Promise<LoadedSupergraph> {
  const { kind, file } = config.source
  const sdl = kind === 'subgraphs' ? await composeSupergraph(file) : await readConfiguredFile(file, 'SUPERGRAPH_PATH')
  const { supergraph, apiSchema, requirements } = buildSupergraph(sdl, file)
  return {
    sdl,
    supergraph,
    apiSchema,
    apiGraphqlSchema: apiSchema.toGraphQLJSSchema(),
    supergraphGraphqlSchema: supergraph.schema.toGraphQLJSSchema(),
    requirements,
    subgraphs: resolveSubgraphs(supergraph, config.subgraphUrls, optionalSubgraphs),
  }
}

function buildSupergraph(sdl: string, file: string) {
  try {
    const supergraph = Supergraph.build(sdl, { supportedFeatures: KEPT_FEATURES, validateSupergraph: true })
    const apiSchema = supergraph.apiSchema()
    return { supergraph, apiSchema, requirements: readRequirements({ schema: supergraph.schema, apiSchema }) }
  } catch (error) {
    throw new ConfigError(problemsOf(error).map((problem) => `${file}: ${problem}`))
  }
}

function problemsOf(error: unknown): readonly string[] {
  if (error instanceof ConfigError) return error.problems
  if (!(error instanceof Error)) return [String(error)]
  return (errorCauses(error) ?? [error]).map(({ message }) => message)
}

function resolveSubgraphs(
  supergraph: Supergraph,
  subgraphUrls: ReadonlyMap<string, URL>,
  optionalSubgraphs: ReadonlySet<string>,
): Map<string, URL> {
  const metadata = supergraph.subgraphsMetadata()
  const names = new Set(metadata.map(({ name }) => name))
  const unknown = (variable: string, mentioned: Iterable<string>) =>
    [...mentioned]
      .filter((name) => !names.has(name))
      .map((name) => `${variable}: the supergraph has no subgraph ${name}; it has ${[...names].join(', ')}`)
  const problems = [
    ...unknown('SUBGRAPH_URLS', subgraphUrls.keys()),
    ...unknown('OPTIONAL_SUBGRAPHS', optionalSubgraphs),
  ]
  const subgraphs = new Map<string, URL>()
  for (const { name, url } of metadata) {
    try {
      subgraphs.set(name, parseSubgraphAddress(subgraphUrls.get(name)?.href ?? url))
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      problems.push(`subgraph ${name}: ${reason}; set another with SUBGRAPH_URLS=${name}=http://…`)
    }
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return subgraphs
}

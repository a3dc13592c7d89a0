import {
  errorCauses,
  ROUTER_SUPPORTED_SUPERGRAPH_FEATURES,
  Supergraph,
  type Schema,
} from '@apollo/federation-internals'
import { ConfigError, readConfiguredFile } from '@portico/service-kit/config'
import type { GraphQLSchema, SourceLocation } from 'graphql'
import { readRequirements, type Requirements } from './requirements.ts'
import type { SupergraphConfig, SupergraphSource } from '../config/supergraph.ts'
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
export const KEPT_FEATURES = new Set(
  [...ROUTER_SUPPORTED_SUPERGRAPH_FEATURES].filter((url) => !/\/(policy|connect|cacheTag)\//.test(url)),
)

/**
 * Loads the supergraph that the configuration names. `check` adds what else is wrong once it is known.
 *
 * @throws ConfigError when it can't be read, composed or served, with all that is wrong.
 */
export async function loadSupergraph(
  { source, subgraphUrls }: Pick<SupergraphConfig, 'source' | 'subgraphUrls'>,
  check: (supergraph: Supergraph) => readonly string[] = () => [],
): Promise<LoadedSupergraph> {
  const { kind, file } = source
  const sdl = kind === 'subgraphs' ? await composeSupergraph(file) : await readConfiguredFile(file, 'SUPERGRAPH_PATH')
  const built = attemptToBuild(sdl, source)
  const { subgraphs, problems } = resolveSubgraphs(built.supergraph, subgraphUrls)
  const mistakes = [...check(built.supergraph), ...problems]
  if (mistakes.length > 0) throw new ConfigError(mistakes)
  return { ...built, subgraphs }
}

/**
 * The forms of a supergraph that its SDL alone tells.
 *
 * @throws ConfigError and GraphQLError when it is none, or can't be served.
 */
export function buildSupergraph(sdl: string): Omit<LoadedSupergraph, 'subgraphs'> {
  const supergraph = Supergraph.build(sdl, { supportedFeatures: KEPT_FEATURES, validateSupergraph: true })
  const apiSchema = supergraph.apiSchema()
  return {
    sdl,
    supergraph,
    apiSchema,
    apiGraphqlSchema: apiSchema.toGraphQLJSSchema(),
    supergraphGraphqlSchema: supergraph.schema.toGraphQLJSSchema(),
    requirements: readRequirements({ schema: supergraph.schema, apiSchema }),
  }
}

function attemptToBuild(sdl: string, { kind, file }: SupergraphSource) {
  try {
    return buildSupergraph(sdl)
  } catch (error) {
    // Nobody has seen the lines of what was composed a moment ago.
    const problems = problemsOf(error).map(({ message, locations = [] }) =>
      kind === 'subgraphs'
        ? `SUBGRAPHS_PATH: ${file}: ${message}`
        : `SUPERGRAPH_PATH: ${[file, locations[0]?.line, locations[0]?.column].filter(Boolean).join(':')}: ${message}`,
    )
    throw new ConfigError(problems)
  }
}

interface Problem {
  message: string
  locations?: readonly SourceLocation[] | undefined
}

function problemsOf(error: unknown): readonly Problem[] {
  if (error instanceof ConfigError) return error.problems.map((message) => ({ message }))
  if (!(error instanceof Error)) return [{ message: String(error) }]
  return errorCauses(error) ?? [error]
}

function resolveSubgraphs(supergraph: Supergraph, subgraphUrls: ReadonlyMap<string, URL>) {
  const problems: string[] = []
  const subgraphs = new Map<string, URL>()
  for (const { name, url } of supergraph.subgraphsMetadata()) {
    try {
      subgraphs.set(name, parseSubgraphAddress(subgraphUrls.get(name)?.href ?? url))
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      problems.push(`subgraph ${name}: ${reason}; set another with SUBGRAPH_URLS=${name}=http://…`)
    }
  }
  return { subgraphs, problems }
}

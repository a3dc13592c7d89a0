import { posix } from 'node:path'
import { Supergraph } from '@apollo/federation-internals'
import { composeSubgraphs } from '@portico/gateway/supergraph/compose'
import { parseSubgraphList } from '@portico/gateway/supergraph/subgraph-list'
import { ConfigError } from '@portico/service-kit/config'
import { GraphQLError, parse, Source, type DocumentNode, type GraphQLSchema } from 'graphql'
import type { OperationFile } from './operation-file.ts'
import type { Files } from './repository.ts'

/** Where things are, relative to the root of the repository. */
export const SUBGRAPH_LIST = 'schema/subgraphs.json'
export const SUPERGRAPH_FILE = 'schema/supergraph.graphql'
export const OPERATIONS_FOLDER = 'schema/operations'
export const APPROVALS_FILE = 'schema/approved-changes.json'

/** A subgraph's SDL; the source of its nodes is named after its file. */
export interface SubgraphDocument {
  name: string
  url: string
  file: string
  document: DocumentNode
}

/** A hint of composition: a success that may not be what was meant. */
export type CompositionHint = NonNullable<ReturnType<typeof composeSubgraphs>['hints']>[number]

/** A supergraph in the forms that the checks look at. */
export interface ComposedGraph {
  supergraph: Supergraph
  /** What clients see. */
  apiSchema: GraphQLSchema
}

/** Everything that the checks look at, at one point of the repository's history. */
export interface Snapshot {
  /** Those whose SDL can be parsed. */
  subgraphs: readonly SubgraphDocument[]
  /** Why there is no composed graph: mistakes of syntax, else of composition. */
  errors: readonly GraphQLError[]
  hints: readonly CompositionHint[]
  composed: ComposedGraph | undefined
  /** What SUPERGRAPH_FILE should hold. */
  supergraphText: string | undefined
  /** What it holds. */
  committedText: string | undefined
  operations: readonly OperationFile[]
  /** What APPROVALS_FILE holds. */
  approvalsText: string | undefined
}

const HEADER = '# Composed from the subgraphs by `npm run schema:compose`, and not edited by hand.\n'

/**
 * Reads and composes what a repository holds.
 *
 * @throws ConfigError when the list of subgraphs, or an SDL file that it names, is missing or malformed.
 */
export async function loadSnapshot(files: Files): Promise<Snapshot> {
  const { subgraphs, errors: syntaxErrors } = await loadSubgraphs(files)
  const paths = (await files.list(OPERATIONS_FOLDER)).filter((path) => path.endsWith('.graphql'))
  const read = {
    subgraphs,
    committedText: withoutCarriageReturns(await files.read(SUPERGRAPH_FILE)),
    approvalsText: await files.read(APPROVALS_FILE),
    operations: await Promise.all(paths.map(async (file) => ({ file, text: (await files.read(file)) ?? '' }))),
  }
  const none = { hints: [], composed: undefined, supergraphText: undefined }
  // What composition says without the subgraphs that can't be parsed would be about their absence.
  if (syntaxErrors.length > 0) return { ...read, ...none, errors: syntaxErrors }

  const services = subgraphs.map(({ name, url, document }) => ({ name, url, typeDefs: document }))
  const { supergraphSdl, errors, hints } = composeSubgraphs(services)
  if (errors) return { ...read, ...none, errors }
  const supergraphText = `${HEADER}${supergraphSdl.trimEnd()}\n`
  return { ...read, errors: [], hints, composed: readComposed(supergraphText), supergraphText }
}

/** A composed graph from the text of its supergraph. */
export function readComposed(supergraphText: string): ComposedGraph {
  const supergraph = Supergraph.build(supergraphText, { supportedFeatures: null })
  return { supergraph, apiSchema: supergraph.apiSchema().toGraphQLJSSchema() }
}

async function loadSubgraphs(files: Files) {
  const text = await files.read(SUBGRAPH_LIST)
  if (text === undefined) throw new ConfigError([`${SUBGRAPH_LIST} is not there`])
  const subgraphs: SubgraphDocument[] = []
  const errors: GraphQLError[] = []
  const problems: string[] = []
  for (const { name, url, schema } of parseSubgraphList(text, SUBGRAPH_LIST)) {
    const file = 'file' in schema ? posix.join(posix.dirname(SUBGRAPH_LIST), schema.file) : SUBGRAPH_LIST
    const sdl = 'sdl' in schema ? schema.sdl : await files.read(file)
    if (sdl === undefined) {
      problems.push(`${SUBGRAPH_LIST}: the schema of ${name}, ${file}, is not there`)
      continue
    }
    try {
      subgraphs.push({ name, url, file, document: parse(new Source(sdl, file)) })
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error
      errors.push(error)
    }
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return { subgraphs, errors }
}

/** Git may write them into the files of a Windows checkout. */
function withoutCarriageReturns(text: string | undefined): string | undefined {
  return text?.replaceAll('\r\n', '\n')
}

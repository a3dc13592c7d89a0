import type { GraphQLDataSource } from '@apollo/gateway'
import { IDENTITY_HEADER, type EnvelopeSigner } from '@portico/service-kit/identity-envelope'
import { REQUEST_ID_HEADER } from '@portico/service-kit/request-id'
import { Kind, parse } from 'graphql'
import type { GatewayContext } from '../context.ts'
import { SubgraphError, type SubgraphAnswer, type SubgraphClient } from '../subgraph/client.ts'

export interface DataSourceOptions {
  subgraph: string
  client: SubgraphClient
  /** Undefined: the subgraph is not told who the viewer is. */
  signer: EnvelopeSigner | undefined
}

/**
 * A subgraph as the executor of `@apollo/gateway` wants it. A fetch that fails becomes one error per field that it
 * should have answered, so that each keeps a path in the client's terms.
 */
export function createDataSource({ subgraph, client, signer }: DataSourceOptions): GraphQLDataSource<GatewayContext> {
  return {
    async process(options) {
      if (!('incomingRequestContext' in options)) throw new Error(`Not used: ${options.kind}.`)
      const { query = '', operationName, variables } = options.request
      const { viewer, requestId, log, signal } = options.context
      const headers: Record<string, string> = { [REQUEST_ID_HEADER]: requestId }
      if (signer) headers[IDENTITY_HEADER] = await signer.sign(viewer, subgraph)
      try {
        return withSubgraph(await client.send({ query, operationName, variables }, { headers, signal }), subgraph)
      } catch (err) {
        if (!(err instanceof SubgraphError)) throw err
        log.warn({ err, subgraph }, 'subgraph unavailable')
        const extensions = { code: err.reason === 'timeout' ? 'SUBGRAPH_TIMEOUT' : 'SUBGRAPH_UNAVAILABLE', subgraph }
        return { errors: affectedPaths(query, variables).map((path) => ({ message: err.message, path, extensions })) }
      }
    },
  }
}

function withSubgraph(answer: SubgraphAnswer, subgraph: string) {
  const errors = answer.errors?.map(({ message, path, extensions }) => ({
    message,
    ...(path ? { path } : {}),
    extensions: { ...extensions, subgraph },
  }))
  return { data: answer.data ?? null, ...(errors ? { errors } : {}) }
}

/** Where a fetch's data would have gone: its root fields, or those of each entity. */
function affectedPaths(query: string, variables: Record<string, unknown> | undefined): (string | number)[][] {
  const [operation] = parse(query).definitions
  if (operation?.kind !== Kind.OPERATION_DEFINITION) return [[]]
  const names = operation.selectionSet.selections.flatMap((selection) =>
    selection.kind === Kind.FIELD ? [selection.alias?.value ?? selection.name.value] : [],
  )
  const representations = variables?.['representations']
  if (!names.includes('_entities') || !Array.isArray(representations)) return names.map((name) => [name])
  return representations.map((_, index) => ['_entities', index])
}

import type { GraphQLDataSource } from '@apollo/gateway'
import { IDENTITY_HEADER, type EnvelopeSigner } from '@portico/service-kit/identity-envelope'
import { REQUEST_ID_HEADER } from '@portico/service-kit/request-id'
import { Kind, parse, type DefinitionNode, type FieldNode, type SelectionSetNode } from 'graphql'
import type { GatewayContext } from '../context.ts'
import { SubgraphError, type SubgraphAnswer, type SubgraphClient } from '../subgraph/client.ts'
import { beginCall } from '../telemetry/request-record.ts'

export interface DataSourceOptions {
  subgraph: string
  client: SubgraphClient
  /** Undefined: the subgraph is not told who the viewer is. */
  signer: EnvelopeSigner | undefined
  /** Names of the client's headers that the subgraph receives. */
  propagate: readonly string[]
}

/**
 * A subgraph as the executor of `@apollo/gateway` wants it. A fetch that fails becomes one error per field that it
 * should have answered, so that each keeps a path in the client's terms.
 */
export function createDataSource(options: DataSourceOptions): GraphQLDataSource<GatewayContext> {
  const { subgraph, client, signer, propagate } = options
  return {
    async process(fetch) {
      if (!('incomingRequestContext' in fetch)) throw new Error(`Not used: ${fetch.kind}.`)
      const { query = '', operationName, variables } = fetch.request
      const { viewer, requestId, log, signal, deadline, clientHeaders, record } = fetch.context
      const headers: Record<string, string> = {}
      for (const name of propagate) {
        const value = clientHeaders[name]
        if (value !== undefined) headers[name] = value
      }
      headers[REQUEST_ID_HEADER] = requestId
      if (signer) headers[IDENTITY_HEADER] = await signer.sign(viewer, subgraph)
      const end = beginCall(record, subgraph)
      try {
        const answer = await client.send({ query, operationName, variables }, { headers, signal, deadline })
        if (answer.errors?.some(({ extensions }) => extensions?.['code'] === UNTRUSTED_CALLER)) {
          throw new SubgraphError('untrusted', `${subgraph} can not be reached.`)
        }
        end(answer.errors?.length ? 'errors' : 'ok')
        return withSubgraph(answer, subgraph)
      } catch (err) {
        if (!(err instanceof SubgraphError)) throw err
        end(err.reason)
        if (err.reason === 'untrusted') {
          log.error({ subgraph }, 'the subgraph does not know our key: compare IDENTITY_KEY_FILE and GATEWAY_KEYS_FILE')
        } else if (err.reason !== 'cancelled') log.warn({ err, subgraph }, 'subgraph unavailable')
        const extensions = { code: CODES[err.reason], subgraph }
        return {
          errors: affectedPaths(query, variables).map((path) => ({ message: err.message, ...path, extensions })),
        }
      }
    },
  }
}

/** With what a subgraph of our service kit refuses a request without a valid identity envelope. */
const UNTRUSTED_CALLER = 'UNTRUSTED_CALLER'

const CODES: Readonly<Record<SubgraphError['reason'], string>> = {
  unreachable: 'SUBGRAPH_UNAVAILABLE',
  untrusted: 'SUBGRAPH_UNAVAILABLE',
  'bad-answer': 'SUBGRAPH_UNAVAILABLE',
  timeout: 'SUBGRAPH_TIMEOUT',
  'request-timeout': 'REQUEST_TIMEOUT',
  cancelled: 'REQUEST_CANCELLED',
}

function withSubgraph(answer: SubgraphAnswer, subgraph: string) {
  const errors = answer.errors?.map(({ message, path, extensions }) => ({
    message,
    ...(path ? { path } : {}),
    extensions: { ...extensions, subgraph },
  }))
  return { data: answer.data ?? null, ...(errors ? { errors } : {}) }
}

/** Where a fetch's data would have gone: its root fields, or those of each entity. Nowhere to point at is one error. */
function affectedPaths(
  query: string,
  variables: Record<string, unknown> | undefined,
): { path?: (string | number)[] }[] {
  const { definitions } = parse(query)
  const operation = definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION)
  const fields = operation ? fieldsIn(operation.selectionSet, definitions) : []
  const representations = variables?.['representations']
  const entities = fields.find(({ name }) => name.value === '_entities')
  if (!entities?.selectionSet || !Array.isArray(representations)) {
    return fields.length === 0 ? [{}] : fields.map((field) => ({ path: [responseName(field)] }))
  }
  const names = new Set(fieldsIn(entities.selectionSet, definitions).map(responseName))
  names.delete('__typename')
  return representations.flatMap((_, index) => [...names].map((name) => ({ path: ['_entities', index, name] })))
}

/** The fields of a selection set, those in fragments included. */
function fieldsIn({ selections }: SelectionSetNode, definitions: readonly DefinitionNode[]): FieldNode[] {
  return selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [selection]
    if (selection.kind === Kind.INLINE_FRAGMENT) return fieldsIn(selection.selectionSet, definitions)
    const fragment = definitions.find(
      (node) => node.kind === Kind.FRAGMENT_DEFINITION && node.name.value === selection.name.value,
    )
    return fragment?.kind === Kind.FRAGMENT_DEFINITION ? fieldsIn(fragment.selectionSet, definitions) : []
  })
}

function responseName({ alias, name }: FieldNode): string {
  return alias?.value ?? name.value
}

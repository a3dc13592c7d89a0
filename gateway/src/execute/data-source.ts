import type { GraphQLDataSource } from '@apollo/gateway'
import { IDENTITY_HEADER, type EnvelopeSigner } from '@portico/service-kit/identity-envelope'
import { REQUEST_ID_HEADER } from '@portico/service-kit/request-id'
import type { GatewayContext } from '../context.ts'
import type { ErrorCode } from '../error-codes.ts'
import { SubgraphError, type SubgraphAnswer, type SubgraphClient } from '../subgraph/client.ts'
import { beginCall } from '../telemetry/request-record.ts'
import { answeredErrors } from './answered-errors.ts'
import { unansweredFields } from './unanswered-fields.ts'

export interface DataSourceOptions {
  subgraph: string
  client: SubgraphClient
  /** Undefined: the subgraph is not told who the viewer is. */
  signer: EnvelopeSigner | undefined
  /** Names of the client's headers that the subgraph receives. */
  propagate: readonly string[]
}

/**
 * A subgraph as the executor of `@apollo/gateway` wants it. A fetch that fails becomes an error per field that it should
 * have answered, so that each keeps a path in the client's terms, as far as there are not too many.
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
        const data = usableData(answer, { subgraph, representations: variables?.['representations'] })
        const errors = answeredErrors({ ...answer, data }, { subgraph, query, variables })
        end(errors.length > 0 ? 'errors' : 'ok')
        return { data, ...(errors.length > 0 ? { errors } : {}) }
      } catch (err) {
        if (!(err instanceof SubgraphError)) throw err
        const { message, reason, cause } = err
        const isFirst = end(reason)
        if (isFirst && reason === 'untrusted') {
          log.error({ subgraph }, 'the subgraph does not know our key: compare IDENTITY_KEY_FILE and GATEWAY_KEYS_FILE')
        } else if (isFirst && reason !== 'cancelled') {
          // An outage fails every request: stacks would say nothing, and drown what matters.
          const because = cause instanceof Error ? { cause: cause.message } : { message }
          log.warn({ subgraph, reason, ...because }, 'subgraph unavailable')
        }
        const extensions = { code: CODES[reason], subgraph }
        return { errors: unansweredFields({ query, variables }, { message, extensions }) }
      }
    },
  }
}

/** With what a subgraph of our service kit refuses a request without a valid identity envelope. */
const UNTRUSTED_CALLER = 'UNTRUSTED_CALLER'

const CODES: Readonly<Record<SubgraphError['reason'], ErrorCode>> = {
  unreachable: 'SUBGRAPH_UNAVAILABLE',
  untrusted: 'SUBGRAPH_UNAVAILABLE',
  'bad-answer': 'SUBGRAPH_UNAVAILABLE',
  timeout: 'SUBGRAPH_TIMEOUT',
  'request-timeout': 'REQUEST_TIMEOUT',
  cancelled: 'REQUEST_CANCELLED',
}

/**
 * The data of an answer; null when there is none but errors say why, or it is not of the entities that were asked for.
 *
 * @throws SubgraphError when nothing says why there is none, or the subgraph refuses us.
 */
function usableData(
  { data, errors }: SubgraphAnswer,
  { subgraph, representations }: { subgraph: string; representations: unknown },
): Record<string, unknown> | null {
  if (errors?.some(({ extensions }) => extensions?.['code'] === UNTRUSTED_CALLER)) {
    throw new SubgraphError('untrusted', `${subgraph} can not be reached.`)
  }
  if (data && isOfEntities(data, representations)) return data
  if (errors?.length) return null
  throw new SubgraphError('bad-answer', `${subgraph} answered without what it was asked for.`)
}

/** Whether there is one entity, which may be null, for each representation. */
function isOfEntities({ _entities: entities }: Record<string, unknown>, representations: unknown): boolean {
  if (!Array.isArray(representations)) return true
  if (!Array.isArray(entities) || entities.length !== representations.length) return false
  return entities.every((entity) => typeof entity === 'object')
}

import { IDENTITY_HEADER, type EnvelopeSigner } from '@portico/service-kit/identity-envelope'
import type { GatewayContext } from '../context.ts'
import type { ReadBody } from '../subgraph/flight.ts'
import type { SubgraphFetcher } from '../subgraph/fetcher.ts'
import { headerLine } from '../subgraph/http1/request-message.ts'
import { parseAnswer, type SubgraphAnswer } from '../subgraph/parse-answer.ts'
import { SubgraphError } from '../subgraph/subgraph-error.ts'
import { beginCall } from '../telemetry/request-record.ts'

/** One request to a subgraph. */
export interface SubgraphQuestion {
  /** The JSON text of `query` and `variables`. */
  body: string
  isMutation: boolean
  /** The fields that answer entities, and how many each has to answer; none when fields of the root are asked for. */
  entities: ReadonlyMap<string, number>
  /** Reads the answer faster than it is parsed, where it can. */
  read: ReadBody | undefined
}

/**
 * Asks a subgraph. The answer is the caller's own, and of what was asked for: an object, with one entity, which may be
 * null, for each representation; or it has errors that say why there is none.
 *
 * @throws SubgraphError when there is no usable answer.
 */
export type AskSubgraph = (question: SubgraphQuestion, context: GatewayContext) => Promise<SubgraphAnswer>

export interface AskSubgraphOptions {
  subgraph: string
  fetcher: SubgraphFetcher
  /** Undefined: the subgraph is not told who the viewer is. */
  signer: EnvelopeSigner | undefined
  /** Names of the client's headers that the subgraph receives. */
  propagate: readonly string[]
}

/** With what a subgraph of our service kit refuses a request without a valid identity envelope. */
const UNTRUSTED_CALLER = 'UNTRUSTED_CALLER'

/** Asks one subgraph on behalf of viewers, and notes in the request's record how that went. */
export function createAskSubgraph({ subgraph, fetcher, signer, propagate }: AskSubgraphOptions): AskSubgraph {
  /** The lines of all headers that an answer may depend on. */
  function headersFor({ clientHeaders }: GatewayContext, envelope: string | undefined): string {
    let lines = envelope === undefined ? '' : headerLine(IDENTITY_HEADER, envelope)
    for (const name of propagate) {
      const value = clientHeaders[name]
      if (value !== undefined) lines += headerLine(name, value)
    }
    return lines
  }

  return async (question, context) => {
    const { body, isMutation, entities, read } = question
    const { signal, deadline, requestId, traceLines, record, viewer } = context
    const signed = signer?.sign(viewer, subgraph)
    const headers = headersFor(context, typeof signed === 'object' ? await signed : signed)
    const shareKey = isMutation ? undefined : body
    const end = beginCall(record, subgraph)
    try {
      const fetched = await fetcher.fetch(body, { headers, requestId, traceLines, signal, deadline, shareKey, read })
      const answer = usable(parseAnswer({ name: subgraph, ...fetched }), entities)
      end(answer.errors.length > 0 ? 'errors' : 'ok')
      return answer
    } catch (error) {
      if (error instanceof SubgraphError && end(error.reason)) logOutage(error, context)
      throw error
    }
  }

  function logOutage({ reason, cause, message }: SubgraphError, { log }: GatewayContext): void {
    if (reason === 'untrusted') {
      log.error({ subgraph }, 'the subgraph does not know our key: compare IDENTITY_KEY_FILE and GATEWAY_KEYS_FILE')
    } else if (reason !== 'cancelled') {
      // An outage fails every request: stacks would say nothing, and drown what matters.
      const because = cause instanceof Error ? { cause: cause.message } : { message }
      log.warn({ subgraph, reason, ...because }, 'subgraph unavailable')
    }
  }

  function usable(answer: SubgraphAnswer, entities: SubgraphQuestion['entities']): SubgraphAnswer {
    const { data, errors } = answer
    if (errors.some(({ extensions }) => extensions?.['code'] === UNTRUSTED_CALLER)) {
      throw new SubgraphError('untrusted', `${subgraph} can not be reached.`)
    }
    if (data && isOfEntities(data, entities)) return answer
    if (errors.length > 0) return { ...answer, data: null }
    throw new SubgraphError('bad-answer', `${subgraph} answered without what it was asked for.`)
  }
}

function isOfEntities(data: Record<string, unknown>, entities: SubgraphQuestion['entities']): boolean {
  for (const [name, count] of entities) {
    const list = data[name]
    if (!Array.isArray(list) || list.length !== count || list.some((entity) => typeof entity !== 'object')) return false
  }
  return true
}

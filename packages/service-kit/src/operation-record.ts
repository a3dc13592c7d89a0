import type { ApolloServerPlugin } from '@apollo/server'
import type { RequestEnd } from './observe-requests.ts'
import type { Viewer } from './viewer.ts'

/** What is known of a GraphQL request when its answer is sent: a log line and a few metrics are made of it. */
export interface OperationRecord {
  /** Undefined until the operation has been validated; cut to 100 characters. */
  operationName?: string
  operationType?: 'query' | 'mutation' | 'subscription'
  /** SHA-256 of the document's text, in hex. */
  documentHash?: string
  /** Undefined while nobody is known; `anonymous` is nobody's id. */
  viewerId?: string
  /** The answer has data, errors or not. */
  answered: boolean
  /** How many errors of each code the answer has. */
  readonly errorCodes: Map<string, number>
}

/** A record of nothing yet. */
export function createOperationRecord(): OperationRecord {
  return { answered: false, errorCodes: new Map() }
}

/** A name of GraphQL may be as long as a body; a log line and a label may not. */
const LONGEST_NAME = 100

/** Notes what Apollo Server finds out about an operation on its way; never variables, nor the document's text. */
export function recordOperations<Context extends { viewer: Viewer }>(
  recordOf: (context: Context) => OperationRecord,
): ApolloServerPlugin<Context> {
  return {
    async requestDidStart({ contextValue }) {
      const record = recordOf(contextValue)
      if (contextValue.viewer.kind === 'user') record.viewerId = contextValue.viewer.id
      return {
        async didResolveSource({ queryHash }) {
          record.documentHash = queryHash
        },
        async didResolveOperation({ operation, operationName }) {
          // There is none when a gateway is asked for an operation that the document does not have.
          noteOperation(record, { name: operationName ?? undefined, type: operation?.operation })
        },
        async willSendResponse({ response: { body } }) {
          const { data, errors = [] } = body.kind === 'single' ? body.singleResult : body.initialResult
          record.answered = data !== undefined && data !== null
          for (const { extensions } of errors) countError(record, extensions?.['code'])
        },
      }
    },
  }
}

/** Notes which operation is asked for, once it has been validated. */
export function noteOperation(
  record: OperationRecord,
  { name, type }: { name: string | undefined; type: OperationRecord['operationType'] | undefined },
): void {
  if (name) record.operationName = name.slice(0, LONGEST_NAME)
  if (type) record.operationType = type
}

/** Notes an error that the client is told. */
export function countError({ errorCodes }: OperationRecord, code: unknown): void {
  const name = typeof code === 'string' ? code.slice(0, LONGEST_NAME) : 'INTERNAL_SERVER_ERROR'
  errorCodes.set(name, (errorCodes.get(name) ?? 0) + 1)
}

/**
 * What a request came to. `partial` has data, and misses some because something is broken; `failed` has none for that
 * reason; `refused` has errors that are all its sender's to act on, with data beside them or without.
 */
export type Outcome = 'ok' | 'partial' | 'failed' | 'refused' | 'aborted'

/** What a request came to; `isFault` tells which codes say that something is broken. */
export function outcomeOf(
  { answered, errorCodes }: OperationRecord,
  { aborted, status }: RequestEnd,
  isFault: (code: string) => boolean,
): Outcome {
  if (aborted) return 'aborted'
  if (status >= 500 || [...errorCodes.keys()].some(isFault)) return answered ? 'partial' : 'failed'
  return errorCodes.size === 0 && status < 400 ? 'ok' : 'refused'
}

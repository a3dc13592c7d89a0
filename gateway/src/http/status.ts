import type { GraphQLFormattedError } from 'graphql'
import type { ErrorCode } from '../error-codes.ts'
import type { RequestRecord } from '../telemetry/request-record.ts'

/**
 * The status of an answer with errors: `application/json` has one status for all that is a GraphQL request, so that errors
 * of proxies are told apart (GraphQL over HTTP, section 6.4).
 */
export function statusFor(
  status: number,
  { mediaType, record }: { mediaType: string; record: Pick<RequestRecord, 'errorCodes'> },
): number {
  const isRequest = mediaType.startsWith('application/json') && !record.errorCodes.has('BAD_REQUEST')
  return status === 400 && isRequest ? 200 : status
}

const OURS: ReadonlyMap<unknown, number> = new Map<ErrorCode, number>([
  ['INTERNAL_SERVER_ERROR', 500],
  ['SERVICE_UNAVAILABLE', 503],
])

/** The status of a request of which nothing was executed, for errors that ask for none. */
export function statusOfNothing([first]: readonly GraphQLFormattedError[]): number {
  return OURS.get(first?.extensions?.['code']) ?? 400
}

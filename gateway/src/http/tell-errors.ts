import { countError } from '@portico/service-kit/operation-record'
import type { GraphQLFormattedError } from 'graphql'
import type { RequestRecord } from '../telemetry/request-record.ts'

/** Notes errors that a client is told, and adds the request's id to each, so that a report leads to the log lines. */
export function tellErrors(
  errors: readonly GraphQLFormattedError[],
  { record, requestId }: { record: RequestRecord; requestId: string },
): GraphQLFormattedError[] {
  return errors.map((error) => {
    countError(record, error.extensions?.['code'])
    return { ...error, extensions: { ...error.extensions, requestId } }
  })
}

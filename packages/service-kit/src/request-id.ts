import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** The header that carries a request's id from client to gateway to subgraph, and back. */
export const REQUEST_ID_HEADER = 'x-request-id'

/** Well formed: 8 to 128 letters, digits and `-_.:`, so that it is safe in logs, headers and answers. */
const WELL_FORMED = /^[\w.:-]{8,128}$/

/** The caller's id when it is well formed, else a new one. */
export function requestIdFrom(header: string | string[] | undefined): string {
  return typeof header === 'string' && WELL_FORMED.test(header) ? header : randomUUID()
}

const ids = new WeakMap<IncomingMessage, string>()

/** Gives a request its id, for good. */
export function assignRequestId(request: IncomingMessage): string {
  const id = requestIdFrom(request.headers[REQUEST_ID_HEADER])
  ids.set(request, id)
  return id
}

/** The id that a request was given; undefined when it was refused before. */
export function requestIdOf(request: IncomingMessage): string | undefined {
  return ids.get(request)
}

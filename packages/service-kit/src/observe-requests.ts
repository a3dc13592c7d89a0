import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { requestIdOf } from './request-id.ts'

/** How a request ended. */
export interface RequestEnd {
  method: string
  /** Without the query string, which may hold anything; cut to 200 characters. */
  path: string
  /** Of the answer; 499, as nginx has it, when the client was gone before there was one. */
  status: number
  /** From the arrival of its headers to the last byte of the answer, in milliseconds. */
  durationMs: number
  /** The client was gone before it had the whole answer. */
  aborted: boolean
  requestId: string | undefined
}

/** Who is told of every request; `Record` is what the stages of a request write down on its way. */
export interface RequestObserver<Record> {
  createRecord: () => Record
  /** Paths to leave out, such as health routes. */
  quietPaths: readonly string[]
  started?: () => void
  ended: (record: Record, end: RequestEnd) => void
}

const CLIENT_GONE = 499

/**
 * Observes every request of a server, also those that no hook of Fastify sees: paths that can't be read, bodies that are
 * refused, clients that go away. Returns what gives the record of a request to whoever has something to write down.
 */
export function observeRequests<Record>(
  app: FastifyInstance,
  { createRecord, quietPaths, started, ended }: RequestObserver<Record>,
): (request: FastifyRequest) => Record {
  const records = new WeakMap<IncomingMessage, Record>()
  function recordOf(raw: IncomingMessage): Record {
    const record = records.get(raw) ?? createRecord()
    records.set(raw, record)
    return record
  }

  const quiet = new Set(quietPaths)
  // Before Fastify's own listener, which answers some requests at once.
  app.server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    const path = (request.url ?? '/').slice(0, 200).replace(/[?#].*/s, '')
    if (quiet.has(path)) return
    const startedAt = performance.now()
    started?.()
    response.once('close', () => {
      ended(recordOf(request), {
        method: request.method ?? 'GET',
        path,
        status: response.headersSent ? response.statusCode : CLIENT_GONE,
        durationMs: roundMs(performance.now() - startedAt),
        aborted: !response.writableFinished,
        requestId: requestIdOf(request),
      })
    })
  })
  return ({ raw }) => recordOf(raw)
}

/** Milliseconds with a tenth. */
export function roundMs(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10
}

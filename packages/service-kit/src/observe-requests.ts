import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Socket } from 'node:net'
import { refusalOf } from './connection-errors.ts'
import { requestIdOf } from './request-id.ts'
import { pathOf } from './request-path.ts'

/** How a request ended. */
export interface RequestEnd {
  /** Undefined, as the path, when the request could not be read. */
  method: string | undefined
  /** Without the query string, which may hold anything; cut to 200 characters. */
  path: string | undefined
  /** Of the answer; 499, as nginx has it, when the client was gone before there was one. */
  status: number
  /** From the arrival of its headers to the last byte of the answer, in milliseconds. */
  durationMs: number
  /** The client was gone before it had the whole answer. */
  aborted: boolean
  requestId: string | undefined
  /** Why no route answered it, such as `NOT_FOUND`. */
  problem?: string
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

const problems = new WeakMap<IncomingMessage, string>()

/** Notes why a request gets no answer from a route. */
export function noteProblem(request: IncomingMessage, code: string): void {
  problems.set(request, code)
}

/** Why a request got no answer from a route; undefined when it got one. */
export function problemOf(request: IncomingMessage): string | undefined {
  return problems.get(request)
}

/**
 * Observes every request of a server, also those that no hook of Fastify sees: what is no HTTP, paths that can't be read,
 * bodies that are refused or do not come, clients that go away. Returns what gives the record of a request to whoever has something to write down.
 */
export function observeRequests<Record>(
  app: FastifyInstance,
  { createRecord, quietPaths, started, ended }: RequestObserver<Record>,
): (request: FastifyRequest) => Record {
  const records = new WeakMap<IncomingMessage, Record>()
  function recordOf(raw: IncomingMessage): Record {
    const known = records.get(raw)
    if (known) return known
    const record = createRecord()
    records.set(raw, record)
    return record
  }

  /** Statuses of requests that had not arrived whole. */
  const refused = new WeakMap<IncomingMessage, number>()
  const quiet = new Set(quietPaths)
  // Before Fastify's own listener, which answers some requests at once.
  app.server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    const path = pathOf(request.url?.slice(0, 200))
    if (quiet.has(path)) return
    const startedAt = performance.now()
    started?.()
    response.once('close', () => {
      const cutOff = refused.get(request)
      const problem = problemOf(request)
      ended(recordOf(request), {
        method: request.method,
        path,
        status: cutOff ?? (response.headersSent ? response.statusCode : CLIENT_GONE),
        durationMs: roundMs(performance.now() - startedAt),
        aborted: cutOff === undefined && !response.writableFinished,
        requestId: requestIdOf(request),
        ...(problem === undefined ? {} : { problem }),
      })
    })
  })
  app.server.prependListener('clientError', (error: Error, socket: Socket) => {
    const refusal = refusalOf(error, socket)
    if (!refusal) return
    const { request, status, code, requestId } = refusal
    if (request) {
      refused.set(request, status)
      noteProblem(request, code)
      return
    }
    started?.()
    ended(createRecord(), {
      method: undefined,
      path: undefined,
      status,
      durationMs: 0,
      aborted: false,
      requestId,
      problem: code,
    })
  })
  return ({ raw }) => recordOf(raw)
}

/** Milliseconds with a tenth. */
export function roundMs(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10
}

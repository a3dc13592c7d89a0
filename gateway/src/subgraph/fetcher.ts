import { DEADLINE_HEADER } from '@portico/service-kit/deadline'
import { REQUEST_ID_HEADER } from '@portico/service-kit/request-id'
import type { SubgraphConnections } from '../config/supergraph.ts'
import { waitersOf } from './abort-watch.ts'
import { READABLE_CODINGS } from './content-coding.ts'
import { Flight, type ReadBody, type SubgraphResponse, type Target } from './flight.ts'
import { createConnectionPool } from './http1/connection-pool.ts'
import { headerLine, requestMessage, requestStart } from './http1/request-message.ts'
import { givenUp } from './subgraph-error.ts'
import { createTimeouts } from './timeouts.ts'

export interface FetchOptions {
  /** Lines as `headerLine` makes them: of headers that the answer may depend on, such as who the viewer is. */
  headers: string
  /** Sent along; no answer depends on it. */
  requestId?: string | undefined
  /** Header lines that are sent along; no answer depends on them either. */
  traceLines?: string
  /** Ends the fetch: the request's time is over, or its client gone. */
  signal: AbortSignal
  /** When that will be, by `performance.now()`. The subgraph is told how long its answer is waited for. */
  deadline: number
  /**
   * What makes two queries the same beside their headers, such as the body without the operation's name; undefined for
   * what does something, which is sent at most once, whatever happens to its connection, and never shared.
   */
  shareKey: string | undefined
  /** Reads what comes back; without it, and where it can't, the answer is text. */
  read?: ReadBody | undefined
}

export interface SubgraphFetcher extends AsyncDisposable {
  /**
   * Posts the JSON text of a GraphQL request, and gives what came back, whatever its status and type. The same query
   * that the same request has already on its way is not sent again.
   *
   * @throws SubgraphError when nothing came back whole, in time, within the limit and in UTF-8.
   * @throws TypeError at once when the request's id can't be sent as a header.
   */
  fetch(body: string, options: FetchOptions): Promise<SubgraphResponse>
}

export interface SubgraphFetcherOptions extends SubgraphConnections {
  name: string
  url: URL
  /** Whether queries on their way are shared between requests too, if all headers are the same. Default: no. */
  shareAcrossRequests?: boolean
}

/** Talks HTTP/1.1 with one subgraph over keep-alive connections. Redirects are not followed. */
export function createSubgraphFetcher(options: SubgraphFetcherOptions): SubgraphFetcher {
  const { name, url, timeoutMs, answerLimitBytes } = options
  const pool = createConnectionPool(options)
  const timeouts = createTimeouts({ resolutionMs: Math.min(50, Math.max(1, timeoutMs / 20)) })
  const start = requestStart(url, {
    'content-type': 'application/json',
    accept: 'application/graphql-response+json, application/json',
    ...(options.compression ? { 'accept-encoding': READABLE_CODINGS } : {}),
  })
  const joinable = options.shareAcrossRequests ? new Map<string, Flight>() : undefined

  const target: Target = {
    name,
    answerLimitBytes,
    pool,
    timeouts,
    ended(flight) {
      if (!joinable) return
      // Who asks after a change was made must not get an answer from before.
      if (flight.shareKey === undefined) joinable.clear()
      else if (joinable.get(keyOf(flight)) === flight) joinable.delete(keyOf(flight))
    },
  }

  function findFlight(fetch: FetchOptions): Flight | undefined {
    if (fetch.shareKey === undefined) return undefined
    for (const { flight } of waitersOf(fetch.signal)) {
      const isSame = flight.shareKey === fetch.shareKey && flight.headers === fetch.headers
      if (isSame && flight.target === target) return flight
    }
    const flight = joinable?.get(keyOf(fetch))
    // Of one that was told to hurry for another request, the answer may be that there was no time.
    return flight && (flight.toldUntil === flight.timesOutAt || flight.toldUntil >= fetch.deadline) ? flight : undefined
  }

  function launch(
    body: string,
    { headers, requestId, traceLines = '', deadline, shareKey, signal, read }: FetchOptions,
  ) {
    const now = performance.now()
    const timesOutAt = now + timeoutMs
    const toldUntil = Math.min(timesOutAt, deadline)
    const waitMs = Math.max(0, Math.floor(toldUntil - now))
    const idLine = requestId === undefined ? '' : headerLine(REQUEST_ID_HEADER, requestId)
    const head = `${start}${headers}${idLine}${traceLines}${DEADLINE_HEADER}: ${waitMs}\r\n`
    const message = requestMessage(head, body)
    const flight = new Flight(target, { message, shareKey, headers, timesOutAt, toldUntil })
    if (shareKey !== undefined) joinable?.set(keyOf(flight), flight)
    const answer = flight.join(signal, read)
    flight.start()
    return answer
  }

  return {
    fetch(body, fetch) {
      const { signal, read } = fetch
      if (signal.aborted) return Promise.reject(givenUp(name, signal))
      return findFlight(fetch)?.join(signal, read) ?? launch(body, fetch)
    },
    async [Symbol.asyncDispose]() {
      await pool[Symbol.asyncDispose]()
      timeouts[Symbol.dispose]()
    },
  }
}

function keyOf({ headers, shareKey }: Pick<FetchOptions, 'headers' | 'shareKey'>): string {
  return `${headers}\r\n${shareKey}`
}

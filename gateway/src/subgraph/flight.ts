import { waitersOf } from './abort-watch.ts'
import { textOf, type BodyText } from './body-text.ts'
import { decompress, grewTooLarge } from './content-coding.ts'
import type { Connection, Exchange, Response } from './http1/connection.ts'
import { QueueFullError, type ConnectionPool } from './http1/connection-pool.ts'
import type { RequestMessage } from './http1/request-message.ts'
import { BodyTooLargeError } from './http1/response-reader.ts'
import { givenUp, SubgraphError } from './subgraph-error.ts'
import type { Timeouts, Waiting } from './timeouts.ts'

/** What a subgraph answered, whatever it is. */
export type SubgraphResponse = { status: number } & (BodyText | { read: ReadData })

/** The data of an answer that has nothing else. */
export interface ReadData {
  data: Record<string, unknown>
  /** Whether strings of it may hold what JSON escapes. */
  hasEscapes: boolean
}

/** Reads a body, which is valid until this returns; undefined: it is to be parsed. */
export type ReadBody = (body: Buffer) => ReadData | undefined

/** Where flights go. */
export interface Target {
  /** Of the subgraph. */
  name: string
  answerLimitBytes: number
  pool: ConnectionPool
  timeouts: Timeouts
  /** A flight is over, however it ended. */
  ended(flight: Flight): void
}

export interface FlightPlan {
  message: RequestMessage
  /** Flights with the same key and headers get the same answer; undefined: it does something, and flies alone. */
  shareKey: string | undefined
  /** Their lines. */
  headers: string
  timesOutAt: number
  /** Until when the subgraph was told that its answer is waited for. */
  toldUntil: number
}

/** One HTTP request, and those who wait for its answer. It is given up when none of them waits any more. */
export class Flight implements Exchange, Waiting {
  readonly repeatable: boolean
  readonly message: RequestMessage
  readonly shareKey: string | undefined
  readonly headers: string
  readonly timesOutAt: number
  readonly toldUntil: number
  readonly target: Target
  connection: Connection | undefined = undefined
  losses = 0
  #waiters: Waiter[] = []

  constructor(target: Target, { message, shareKey, headers, timesOutAt, toldUntil }: FlightPlan) {
    this.target = target
    this.message = message
    this.repeatable = shareKey !== undefined
    this.shareKey = shareKey
    this.headers = headers
    this.timesOutAt = timesOutAt
    this.toldUntil = toldUntil
  }

  start(): void {
    this.target.timeouts.add(this)
    this.target.pool.send(this)
  }

  /** Waits for its answer until `signal` aborts; what `read` makes of that is the waiter's own. */
  join(signal: AbortSignal, read: ReadBody | undefined): Promise<SubgraphResponse> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { flight: this, read, watched: waitersOf(signal), resolve, reject, abort: abortWaiter }
      waiter.watched.add(waiter)
      this.#waiters.push(waiter)
    })
  }

  /** Lets one go; it has heard why it gets no answer. */
  leave(waiter: Waiter): void {
    waiter.watched.delete(waiter)
    this.#waiters.splice(this.#waiters.indexOf(waiter), 1)
    if (this.#waiters.length > 0) return
    this.target.pool.cancel(this)
    this.#end()
  }

  timeOut(): void {
    const { name, pool } = this.target
    pool.cancel(this)
    this.#fail(new SubgraphError('timeout', `${name} did not answer in time.`))
  }

  failed(error: Error): void {
    const { name } = this.target
    if (error instanceof BodyTooLargeError) {
      this.#fail(new SubgraphError('bad-answer', tooLarge(name), { cause: error }))
    } else if (error instanceof QueueFullError) {
      this.#fail(new SubgraphError('overloaded', `Too many requests wait for ${name}.`, { cause: error }))
    } else {
      this.#fail(new SubgraphError('unreachable', `${name} can not be reached.`, { cause: causeOf(error) }))
    }
  }

  answered({ status, encoding, body }: Response): void {
    if (encoding === '' || encoding === 'identity') {
      this.#succeed(status, body)
      return
    }
    decompress(body, { coding: encoding, limitBytes: this.target.answerLimitBytes }, (error, plain) => {
      if (!plain) {
        this.#undecodable(error)
        return
      }
      try {
        this.#succeed(status, plain)
      } catch (thrown) {
        // Nobody else would catch it here.
        this.failed(thrown instanceof Error ? thrown : new Error(String(thrown)))
      }
    })
  }

  #undecodable(cause: unknown): void {
    const { name } = this.target
    const isTooLarge = grewTooLarge(cause)
    const message = isTooLarge ? tooLarge(name) : `${name} answered in a content encoding that can not be read.`
    this.#fail(new SubgraphError('bad-answer', message, { cause }))
  }

  #succeed(status: number, bytes: Buffer): void {
    let text: BodyText | undefined
    const contents = this.#waiters.map(({ read }) => {
      const data = read?.(bytes)
      return data ? { read: data } : (text ??= textOf(bytes))
    })
    if (contents.includes(undefined)) {
      const message = `${this.target.name} answered with something that is not UTF-8.`
      this.#fail(new SubgraphError('bad-answer', message))
      return
    }
    for (const [index, waiter] of this.#end().entries()) {
      const content = contents[index]
      if (content) waiter.resolve({ status, ...content })
    }
  }

  #fail(error: SubgraphError): void {
    for (const waiter of this.#end()) waiter.reject(error)
  }

  #end(): Waiter[] {
    this.target.timeouts.delete(this)
    this.target.ended(this)
    const waiters = this.#waiters
    this.#waiters = []
    for (const waiter of waiters) waiter.watched.delete(waiter)
    return waiters
  }
}

/** Somebody who waits for a flight. */
export interface Waiter {
  readonly flight: Flight
  readonly read: ReadBody | undefined
  /** All who wait until the same signal aborts. */
  readonly watched: Set<Waiter>
  readonly resolve: (response: SubgraphResponse) => void
  readonly reject: (error: SubgraphError) => void
  abort(signal: AbortSignal): void
}

function abortWaiter(this: Waiter, signal: AbortSignal): void {
  this.reject(givenUp(this.flight.target.name, signal))
  this.flight.leave(this)
}

function tooLarge(name: string): string {
  return `The answer of ${name} is too large.`
}

/** Of several addresses that were tried, the first one's error says something. */
function causeOf(error: Error): unknown {
  const first: unknown = 'errors' in error && Array.isArray(error.errors) ? error.errors[0] : undefined
  return error.message === '' ? (first ?? error) : error
}

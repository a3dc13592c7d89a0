import type { Socket } from 'node:net'
import type { RequestMessage } from './request-message.ts'
import { ProtocolError } from './response-head.ts'
import { ResponseReader } from './response-reader.ts'

/** One request, and who waits for its answer. */
export interface Exchange {
  readonly message: RequestMessage
  /** Whether sending it twice does no harm. */
  readonly repeatable: boolean
  /** Where it is being sent, while it is; kept by the pool. */
  connection: Connection | undefined
  /** How often a connection that had been used before was lost with it; kept by the pool. */
  losses: number
  /** The whole answer has come. Its body is valid until this returns. */
  answered(response: Response): void
  failed(error: Error): void
}

export interface Response {
  readonly status: number
  /** The value of `content-encoding`, in lower case; empty when there is none. */
  readonly encoding: string
  readonly body: Buffer
}

/** Reads into `memory` and tells how much came; `net.connect` and `tls.connect` take it as `onread`. */
export interface ReadInto {
  buffer: Uint8Array
  callback: (size: number, memory: Uint8Array) => boolean
}

export interface ConnectionOwner {
  /** Its exchange is over, and it may carry the next one. */
  free(connection: Connection): void
  /** It is closed. `lost` is the exchange that it was given and has not answered. */
  closed(connection: Connection, lost: LostExchange | undefined): void
}

export interface LostExchange {
  exchange: Exchange
  error: Error
  /** Whether the subgraph may have begun to work on it. */
  sent: boolean
  /** Whether the connection had carried others before, and ended without an answer to this one. */
  stale: boolean
}

export interface ConnectionOptions {
  connect: (onread: ReadInto) => Socket
  /** Where all connections read into: each empties it at once. */
  memory: Buffer
  answerLimitBytes: number
  owner: ConnectionOwner
}

/** A connection to a server of HTTP/1.1: one request after the other. */
export class Connection {
  /** When it should not be used any more, by `performance.now()`; kept by the pool while it is idle. */
  idleUntil = 0
  readonly #socket: Socket
  readonly #reader: ResponseReader
  readonly #owner: ConnectionOwner
  #exchange: Exchange | undefined
  #answers = 0
  #sent = false
  #closed = false

  constructor({ connect, memory, answerLimitBytes, owner }: ConnectionOptions) {
    this.#owner = owner
    this.#reader = new ResponseReader(answerLimitBytes)
    const callback = (size: number) => {
      this.#read(size === memory.length ? memory : memory.subarray(0, size))
      return true
    }
    this.#socket = connect({ buffer: memory, callback })
    this.#socket.on('error', (error) => this.close(error))
    this.#socket.on('end', () => this.#end())
    this.#socket.on('close', () => this.close(new Error('The connection was closed.')))
  }

  /** For how long the server keeps it, if it says so. */
  get keepAliveMs(): number | undefined {
    return this.#reader.head?.keepAliveMs
  }

  /** Sends a request; nothing else may be on its way. */
  send(exchange: Exchange): void {
    this.#exchange = exchange
    exchange.connection = this
    this.#sent = false
    this.#reader.reset()
    if (exchange.repeatable || this.#answers === 0) {
      this.#write(exchange)
      return
    }
    // One turn later, all that had come by now is read. If the server had closed, nothing was sent.
    setImmediate(() => setImmediate(() => this.#writeUnlessOver(exchange)))
  }

  #writeUnlessOver(exchange: Exchange): void {
    if (this.#exchange === exchange) this.#write(exchange)
  }

  /** Closes it at once; whom it owes an answer is told, unless `error` is undefined: then they know. */
  close(error: Error | undefined): void {
    if (this.#closed) return
    this.#closed = true
    const exchange = this.#exchange
    this.#exchange = undefined
    this.#socket.destroy()
    if (!exchange) {
      this.#owner.closed(this, undefined)
      return
    }
    exchange.connection = undefined
    this.#owner.closed(this, error && { exchange, error, sent: this.#sent, stale: this.#isStale() })
  }

  /** Whether nothing that came answers its exchange: a 408 tells that it was idle too long (RFC 9110, section 15.5.9). */
  #isStale(): boolean {
    const { head, started } = this.#reader
    return this.#answers > 0 && (!started || (head?.status === 408 && !head.keepAlive))
  }

  #write({ message }: Exchange): void {
    this.#sent = true
    this.#socket.write(message.text, message.encoding)
  }

  #read(bytes: Buffer): void {
    if (!this.#exchange || !this.#sent) {
      this.close(new ProtocolError('It answers what it was not asked.'))
      return
    }
    try {
      if (this.#reader.read(bytes)) this.#answer(this.#exchange)
    } catch (error) {
      this.close(toError(error))
    }
  }

  #end(): void {
    if (this.#exchange && this.#reader.end()) this.#answer(this.#exchange)
    this.close(new Error('The connection was closed before the answer was complete.'))
  }

  #answer(exchange: Exchange): void {
    if (exchange.repeatable && this.#isStale()) {
      this.close(new Error('The connection had been idle too long.'))
      return
    }
    const { head, body, keepAlive } = this.#reader
    this.#exchange = undefined
    exchange.connection = undefined
    this.#answers++
    try {
      // First, since the body is in memory that anything else may overwrite.
      exchange.answered({ status: head?.status ?? 0, encoding: head?.encoding ?? '', body })
    } catch (error) {
      exchange.failed(toError(error))
    }
    this.#reader.releaseBody()
    // One that answers before it has read everything will not read the rest as a new request.
    if (keepAlive && this.#socket.writableLength === 0) this.#owner.free(this)
    else this.close(undefined)
  }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error), { cause: error })
}

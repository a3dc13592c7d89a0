import {
  fastify,
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify'
import { answerConnection, followConnections, refusalOf } from './connection-errors.ts'
import type { Readiness } from './health.ts'
import type { Logger } from './logger.ts'
import { noteProblem } from './observe-requests.ts'
import { assignRequestId, REQUEST_ID_HEADER } from './request-id.ts'
import { pathOf } from './request-path.ts'

/** Why a request gets no answer from a route. */
export interface HttpProblem {
  status: number
  /** Says the same as the status, in words that stay: `NOT_FOUND`. */
  code: string
  /** Says what to do about it, and nothing of the inside. */
  message: string
}

/** The usual paths of the two health routes. */
export const HEALTH_PATHS = { live: '/health/live', ready: '/health/ready' }

/** What an HTTP server is made with. */
export interface HttpServerOptions {
  log: Logger
  health: Readiness
  /** Paths of the two health routes; both answer one word. Default {@link HEALTH_PATHS}. */
  healthPaths?: { live: string; ready: string }
  /** What the readiness route tells beside its one word; undefined for those whom it is not for. Default nothing. */
  readyDetails?: ((request: FastifyRequest) => Promise<object | undefined>) | undefined
  /** Largest accepted body. Default 1 MiB. */
  bodyLimitBytes?: number
  /** A request has to arrive whole within this time. Default 10,000 ms. */
  receiveWithinMs?: number
  /** Proxies that are believed about the client's address, as Fastify's `trustProxy` takes them. Default none. */
  trustedProxies?: readonly string[]
  /** Headers of every answer, beside the request's id; routes may replace them. Default none. */
  headers?: Readonly<Record<string, string>>
  /** Makes the body of an answer to a problem. Default JSON of `error` (the message) and `requestId`. */
  problemBody?: (problem: HttpProblem, request: FastifyRequest, reply: FastifyReply) => unknown
}

const METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'] as const

const CODES: Readonly<Record<number, string>> = {
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  406: 'NOT_ACCEPTABLE',
  408: 'RECEIVE_TIMEOUT',
  413: 'BODY_TOO_LARGE',
  414: 'PATH_TOO_LONG',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  431: 'HEADERS_TOO_LARGE',
}

/**
 * A Fastify server with what every service owes: bounded bodies and slow clients cut off, a request id accepted or
 * made and echoed, health routes, and errors that give nothing away. Add routes, then {@link listen}.
 */
export function createHttpServer(options: HttpServerOptions): FastifyInstance {
  const { log, health, bodyLimitBytes = 1_048_576, receiveWithinMs = 10_000, trustedProxies = [] } = options
  const problemBody = options.problemBody ?? errorAndRequestId
  const { live, ready } = options.healthPaths ?? HEALTH_PATHS
  const headers = { ...options.headers, 'x-content-type-options': 'nosniff' }
  const logger: FastifyBaseLogger = log

  function answer(found: HttpProblem, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    noteProblem(request.raw, found.code)
    return reply.code(found.status).send(problemBody(found, request, reply))
  }

  function answerError(error: Error & { statusCode?: number }, request: FastifyRequest, reply: FastifyReply): void {
    const status = error.statusCode ?? 500
    if (status >= 500) request.log.error({ err: error }, 'request failed')
    reply.headers(headers).header(REQUEST_ID_HEADER, request.id)
    answer(problem(status, messageOf(error, status, request)), request, reply)
  }

  function messageOf(error: Error, status: number, { routeOptions }: FastifyRequest): string {
    if (status >= 500) return 'Internal server error.'
    return status === 413 ? `The body is larger than ${routeOptions.bodyLimit ?? bodyLimitBytes} bytes.` : error.message
  }

  const app = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: assignRequestId,
    bodyLimit: bodyLimitBytes,
    trustProxy: trustedProxies.length > 0 && [...trustedProxies],
    requestTimeout: receiveWithinMs,
    connectionTimeout: 0,
    keepAliveTimeout: 65_000,
    // Idle keep-alive connections end at once on close; busy ones finish their request.
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    frameworkErrors: answerError,
    clientErrorHandler(error, socket) {
      const refusal = refusalOf(error, socket)
      if (!refusal) return void socket.destroy()
      const { status, message, requestId } = refusal
      const body = JSON.stringify({ error: message, requestId })
      const type = { 'content-type': 'application/json; charset=utf-8', [REQUEST_ID_HEADER]: requestId }
      return answerConnection(socket, { status, headers: { ...headers, ...type }, body })
    },
    http: { headersTimeout: Math.min(receiveWithinMs, 10_000), connectionsCheckingInterval: 1000 },
  })

  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(headers).header(REQUEST_ID_HEADER, request.id)
    done()
  })
  // A kept-alive connection would hold up the close for as long as its client likes.
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (health.isDraining() || !app.server.listening) reply.header('connection', 'close')
    done()
  })
  followConnections(app.server)
  acceptJson(app)
  app.setErrorHandler(answerError)
  app.setNotFoundHandler((request, reply) => {
    const url = pathOf(request.url)
    const allowed = METHODS.filter((method) => app.hasRoute({ method, url }))
    if (allowed.length === 0) return answer(problem(404, 'Not found.'), request, reply)
    const methods = allowed.join(', ')
    return answer(problem(405, `Only ${methods} can be used here.`), request, reply.header('allow', methods))
  })

  app.get(live, async (_, reply) => reply.header('cache-control', 'no-store').send({ status: 'live' }))
  app.get(ready, async (request, reply) => {
    const details = await options.readyDetails?.(request)
    const isReady = health.isReady()
    health.polls.note(isReady)
    return reply
      .code(isReady ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ status: isReady ? 'ready' : 'unavailable', details })
  })
  return app
}

function acceptJson(app: FastifyInstance): void {
  app.addContentTypeParser('application/json', { parseAs: 'string' }, carefulJsonParser(app))
}

/** A parser of bodies, as Fastify wants it. */
export type BodyParser = (
  request: FastifyRequest,
  body: string | Buffer,
  done: (error: Error | null, value?: unknown) => void,
) => void

/**
 * Parses JSON and refuses keys that could poison prototypes. Fastify's parser says of them that the body is not valid JSON;
 * this names them.
 */
export function carefulJsonParser(app: FastifyInstance): BodyParser {
  const parse = app.getDefaultJsonParser('error', 'error')
  return (request, body, done) =>
    void parse(request, String(body), (error, value) =>
      done(error && isJson(String(body)) ? forbiddenKey() : error, value),
    )
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function forbiddenKey(): Error & { statusCode: number } {
  const message = 'The body has a key "__proto__", or "prototype" in "constructor", which are not accepted.'
  return Object.assign(new Error(message), { statusCode: 400 })
}

function problem(status: number, message: string): HttpProblem {
  return { status, code: CODES[status] ?? (status < 500 ? 'BAD_REQUEST' : 'INTERNAL_SERVER_ERROR'), message }
}

function errorAndRequestId({ message }: HttpProblem, request: FastifyRequest): unknown {
  return { error: message, requestId: request.id }
}

/** The address could not be opened; the message names the variable that changes it. */
export class ListenError extends Error {
  override readonly name = 'ListenError'
  /** Whether another program has the port. */
  readonly portTaken: boolean

  constructor(message: string, options: ErrorOptions & { portTaken: boolean }) {
    super(message, options)
    this.portTaken = options.portTaken
  }
}

/** Where to listen. */
export interface ListenOptions {
  /** The address of the interface, such as `127.0.0.1`. */
  host: string
  /** 0 takes a free one. */
  port: number
  /** The variable that sets the port, for the message when it is taken. Default `PORT`. */
  portVariable?: string
  /** The variable that sets the host. Default `HOST`. */
  hostVariable?: string
  /** What the log line calls it, such as `admin server`; nothing for the one that a process is there for. */
  name?: string
  /** Other processes listen here as well, and one of them all tells the address. Default false. */
  shared?: boolean
}

/**
 * Opens the port and returns the address, such as `http://127.0.0.1:4001`.
 *
 * @throws ListenError when the port is taken or not ours to open, or the host is no address of this machine.
 */
export async function listen(app: FastifyInstance, options: ListenOptions): Promise<URL> {
  const { host, port, portVariable = 'PORT', hostVariable = 'HOST', name, shared = false } = options
  const greeting = name === undefined ? 'listening on' : `${name} listening on`
  try {
    const listenTextResolver = (address: string) => (shared ? 'listening with others' : `${greeting} ${address}`)
    return new URL(await app.listen({ host, port, listenTextResolver }))
  } catch (error) {
    const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
    const portTaken = code === 'EADDRINUSE'
    const thrown = { cause: error, portTaken }
    const reason = portTaken
      ? 'is taken by another program'
      : code === 'EACCES'
        ? 'may not be opened by this user'
        : undefined
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
      throw new ListenError(`${host} is no address of this machine. Set ${hostVariable} to another one.`, thrown)
    }
    if (reason === undefined) throw error
    throw new ListenError(`Port ${port} on ${host} ${reason}. Set ${portVariable} to another one.`, thrown)
  }
}

import {
  fastify,
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify'
import type { Health } from './health.ts'
import type { Logger } from './logger.ts'
import { REQUEST_ID_HEADER, requestIdFrom } from './request-id.ts'

/** What an HTTP server is made with. */
export interface HttpServerOptions {
  log: Logger
  health: Health
  /** Paths of the two health routes; both answer without details. Default `/health/live` and `/health/ready`. */
  healthPaths?: { live: string; ready: string }
  /** Largest accepted body. Default 1 MiB. */
  bodyLimitBytes?: number
  /** A request has to arrive whole within this time. Default 10,000 ms. */
  receiveWithinMs?: number
}

/**
 * A Fastify server with what every service owes: bounded bodies and slow clients cut off, a request id accepted or
 * made and echoed, health routes, and errors that give nothing away. Add routes, then {@link listen}.
 */
export function createHttpServer(options: HttpServerOptions): FastifyInstance {
  const { log, health, bodyLimitBytes = 1_048_576, receiveWithinMs = 10_000 } = options
  const { live, ready } = options.healthPaths ?? { live: '/health/live', ready: '/health/ready' }
  const logger: FastifyBaseLogger = log
  const app = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: (request) => requestIdFrom(request.headers[REQUEST_ID_HEADER]),
    bodyLimit: bodyLimitBytes,
    requestTimeout: receiveWithinMs,
    connectionTimeout: 0,
    keepAliveTimeout: 65_000,
    // Idle keep-alive connections end at once on close; busy ones finish their request.
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    frameworkErrors: answerError,
    http: { headersTimeout: Math.min(receiveWithinMs, 10_000), connectionsCheckingInterval: 1000 },
  })

  app.addHook('onRequest', async (request, reply) => {
    reply.header(REQUEST_ID_HEADER, request.id)
    reply.header('x-content-type-options', 'nosniff')
  })
  // A kept-alive connection would hold up the close for as long as its client likes.
  app.addHook('onSend', async (_, reply) => {
    if (health.isDraining() || !app.server.listening) reply.header('connection', 'close')
  })
  app.setErrorHandler(answerError)
  app.setNotFoundHandler((request, reply) => reply.code(404).send({ error: 'Not found.', requestId: request.id }))

  app.get(live, async (_, reply) => reply.header('cache-control', 'no-store').send({ status: 'live' }))
  app.get(ready, async (_, reply) => {
    const isReady = health.isReady()
    return reply
      .code(isReady ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ status: isReady ? 'ready' : 'unavailable' })
  })
  return app
}

function answerError(error: Error & { statusCode?: number }, request: FastifyRequest, reply: FastifyReply): void {
  const status = error.statusCode ?? 500
  if (status >= 500) request.log.error({ err: error }, 'request failed')
  const message = status >= 500 ? 'Internal server error.' : error.message
  void reply.code(status).header(REQUEST_ID_HEADER, request.id).send({ error: message, requestId: request.id })
}

/** The address could not be opened; the message names the variable that changes it. */
export class ListenError extends Error {
  override readonly name = 'ListenError'
}

/** Where to listen. */
export interface ListenOptions {
  /** The address of the interface, such as `127.0.0.1`. */
  host: string
  /** 0 takes a free one. */
  port: number
  /** The variable that sets the port, for the message when it is taken. Default `PORT`. */
  portVariable?: string
}

/**
 * Opens the port and returns the address, such as `http://127.0.0.1:4001`.
 *
 * @throws ListenError when the port is taken or not ours to open, or the host is no address of this machine.
 */
export async function listen(app: FastifyInstance, options: ListenOptions): Promise<URL> {
  const { host, port, portVariable = 'PORT' } = options
  try {
    return new URL(await app.listen({ host, port, listenTextResolver: (address) => `listening on ${address}` }))
  } catch (error) {
    const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
    const reason =
      code === 'EADDRINUSE'
        ? 'is taken by another program'
        : code === 'EACCES'
          ? 'may not be opened by this user'
          : undefined
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
      throw new ListenError(`${host} is no address of this machine. Set HOST to another one.`, { cause: error })
    }
    if (reason === undefined) throw error
    throw new ListenError(`Port ${port} on ${host} ${reason}. Set ${portVariable} to another one.`, { cause: error })
  }
}

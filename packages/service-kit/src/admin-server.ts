import { isIP } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { AdminConfig } from './admin-config.ts'
import type { Readiness } from './health.ts'
import { createHttpServer, listen, ListenError } from './http-server.ts'
import type { Logger } from './logger.ts'
import type { Exposition } from './metrics.ts'

/** What an admin server shows. */
export interface AdminServerOptions {
  /** Undefined: there is none. */
  config: AdminConfig | undefined
  log: Logger
  health: Readiness
  metrics: Exposition
  /** Routes beside `/metrics` and the health routes. */
  routes: (app: FastifyInstance) => void
}

/** An admin server that answers, unless it is switched off. */
export interface AdminServer extends AsyncDisposable {
  /** Such as `http://127.0.0.1:4100/`; undefined when there is none. */
  url: URL | undefined
}

/**
 * Serves what is for operators and not for clients, on a port of its own: `/metrics`, `/health/live`, `/health/ready` and
 * the details that `routes` adds. It has no other protection than where it listens, so that browsers are kept from
 * being led here by a foreign page: there is no CORS, and a name that public DNS could hold is refused.
 *
 * Dispose it after the server that it tells of, so that a process that drains can be watched to its end.
 *
 * @throws ListenError when the port that was asked for can't be opened.
 */
export async function startAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const { config } = options
  if (!config) return { url: undefined, [Symbol.asyncDispose]: async () => undefined }
  try {
    return await start(options, config)
  } catch (error) {
    if (!config.orAnyPort || !(error instanceof ListenError) || !error.portTaken) throw error
    const server = await start(options, { ...config, port: 0 })
    options.log.warn(
      { usualPort: config.port, admin: server.url?.href },
      'the usual admin port is taken; set ADMIN_PORT to choose one',
    )
    return server
  }
}

const LISTENING = { portVariable: 'ADMIN_PORT', hostVariable: 'ADMIN_HOST', name: 'admin server' }

async function start(options: AdminServerOptions, { host, port, hosts }: AdminConfig): Promise<AdminServer> {
  const { log, health, metrics, routes } = options
  const app = createHttpServer({ log, health, bodyLimitBytes: 1024 })
  app.addHook('onRequest', async (request, reply) => {
    reply.header('cache-control', 'no-store').header('cross-origin-resource-policy', 'same-origin')
    if (isInternalHost(request.host, hosts)) return undefined
    const error = 'Ask by address, by a name that is not of the public DNS, or by one that ADMIN_HOSTS names.'
    return reply.code(403).send({ error, requestId: request.id })
  })
  app.get('/metrics', async (_, reply) => reply.type(metrics.contentType).send(await metrics.text()))
  routes(app)
  try {
    const url = await listen(app, { host, port, ...LISTENING })
    return { url, [Symbol.asyncDispose]: () => app.close() }
  } catch (error) {
    await app.close()
    throw error
  }
}

/** Domains that public DNS does not serve: by standard, by reservation, or by the use of everyone. */
const INTERNAL_DOMAIN = /\.(localhost|local|internal|lan|svc|home\.arpa)$/

/**
 * Whether a `Host` header can't come from a page that had its own name resolved to this machine (DNS rebinding): an
 * address, a name without a dot such as a container's, one below a domain that public DNS does not serve, or one of ours.
 */
function isInternalHost(host: string, ours: readonly string[]): boolean {
  const name = host
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$|\.$/g, '')
    .toLowerCase()
  return isIP(name) !== 0 || /^[\w-]+$/.test(name) || INTERNAL_DOMAIN.test(name) || ours.includes(name)
}

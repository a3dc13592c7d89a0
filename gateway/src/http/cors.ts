import cors from '@fastify/cors'
import { TRACE_HEADERS } from '@portico/service-kit/trace-context'
import type { FastifyInstance } from 'fastify'
import { SANDBOX_ORIGIN } from '../config/exposure.ts'

export interface CorsOptions {
  /** Exact origins, `http://host:*` for every port, or `*` alone for everyone. */
  corsOrigins: readonly string[]
  /** Let Apollo Sandbox, which is on a public network, ask a gateway that is on a private one. */
  sandbox: boolean
  /** Names of further headers of clients that mean something here, in lower case. */
  readHeaders: readonly string[]
}

/** How long a browser may remember a preflight; browsers cut it to what they accept. */
const PREFLIGHT_SECONDS = 7200

const ALLOWED_HEADERS = [
  'accept',
  'apollo-require-preflight',
  'apollographql-client-name',
  'apollographql-client-version',
  'authorization',
  'content-type',
  ...TRACE_HEADERS,
  'x-apollo-operation-name',
  'x-request-id',
]

/**
 * Lets pages of some origins read answers (the Fetch Standard's CORS protocol). Credentials are never allowed: clients
 * hold their token themselves, so that a browser adds nothing that a page could abuse.
 */
export async function allowOrigins(app: FastifyInstance, options: CorsOptions): Promise<void> {
  const { corsOrigins, sandbox, readHeaders } = options
  if (corsOrigins.length === 0) return
  const isAllowed = createOriginCheck(corsOrigins)
  app.addHook('onRequest', ({ headers }, reply, done) => {
    const asked = headers['access-control-request-private-network'] === 'true'
    if (asked && sandbox && headers.origin === SANDBOX_ORIGIN && isAllowed(SANDBOX_ORIGIN)) {
      reply.header('access-control-allow-private-network', 'true')
    }
    done()
  })
  await app.register(cors, {
    origin: corsOrigins.includes('*') ? '*' : (origin, done) => done(null, origin !== undefined && isAllowed(origin)),
    methods: ['GET', 'POST', 'OPTIONS'],
    allowedHeaders: [...new Set([...ALLOWED_HEADERS, ...readHeaders])],
    exposedHeaders: ['retry-after', 'www-authenticate', 'x-request-id'],
    maxAge: PREFLIGHT_SECONDS,
    credentials: false,
    strictPreflight: false,
  })
}

function createOriginCheck(allowed: readonly string[]): (origin: string) => boolean {
  if (allowed.includes('*')) return () => true
  const exact = new Set(allowed)
  const ofAnyPort = new Set(allowed.filter((entry) => entry.endsWith(':*')).map((entry) => entry.slice(0, -2)))
  return (origin) => exact.has(origin) || ofAnyPort.has(origin.replace(/:\d+$/, ''))
}

import { integer, milliseconds, port, urlPath } from '@portico/service-kit/config'
import { z } from 'zod'

/** The public side: where clients ask. */
export interface HttpConfig {
  host: string
  port: number
  graphqlPath: string
  requestTimeoutMs: number
  /** A request has to arrive whole within this time. */
  receiveTimeoutMs: number
  /** How long browsers shall insist on https (RFC 6797); 0 does not ask them to. */
  hstsSeconds: number
}

export const httpVariables = z.object({
  HOST: z.string().default('127.0.0.1').describe('Address to listen on.'),
  PORT: port().default(4000).describe('Port to listen on; 0 takes a free one.'),
  GRAPHQL_PATH: urlPath().default('/graphql').describe('Path of the GraphQL endpoint.'),
  REQUEST_TIMEOUT_MS: milliseconds().default(10_000).describe('Longest run of one request.'),
  RECEIVE_TIMEOUT_MS: milliseconds().default(10_000).describe('A request has to arrive whole within this time.'),
  HSTS_SECONDS: integer({ min: 0, max: 63_072_000, unit: 'seconds' })
    .default(0)
    .describe('How long browsers shall insist on https, behind a proxy with TLS; 0 does not ask them to.'),
})

export function toHttpConfig(env: z.infer<typeof httpVariables>): HttpConfig {
  return {
    host: env.HOST,
    port: env.PORT,
    graphqlPath: env.GRAPHQL_PATH,
    requestTimeoutMs: env.REQUEST_TIMEOUT_MS,
    receiveTimeoutMs: env.RECEIVE_TIMEOUT_MS,
    hstsSeconds: env.HSTS_SECONDS,
  }
}

import { milliseconds, port, urlPath } from '@portico/service-kit/config'
import { z } from 'zod'

/** The public side: where clients ask, and what they may see. */
export interface HttpConfig {
  host: string
  port: number
  graphqlPath: string
  requestTimeoutMs: number
}

export const httpVariables = z.object({
  HOST: z.string().default('127.0.0.1').describe('Address to listen on.'),
  PORT: port().default(4000).describe('Port to listen on; 0 takes a free one.'),
  GRAPHQL_PATH: urlPath().default('/graphql').describe('Path of the GraphQL endpoint.'),
  REQUEST_TIMEOUT_MS: milliseconds().default(10_000).describe('Longest run of one request.'),
})

export function toHttpConfig(env: z.infer<typeof httpVariables>): HttpConfig {
  return {
    host: env.HOST,
    port: env.PORT,
    graphqlPath: env.GRAPHQL_PATH,
    requestTimeoutMs: env.REQUEST_TIMEOUT_MS,
  }
}

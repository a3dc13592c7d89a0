// Apollo Gateway behind Apollo Server and Fastify. FETCHER=undici replaces the fetcher that it comes with.
import { readFileSync } from 'node:fs'
import { ApolloGateway, RemoteGraphQLDataSource } from '@apollo/gateway'
import { ApolloServer } from '@apollo/server'
import { fastifyApolloHandler } from '@as-integrations/fastify'
import { fastify } from 'fastify'
import { Agent, request } from 'undici'

const { PORT, SUPERGRAPH = '', FETCHER } = process.env

const agent = new Agent({ pipelining: 1 })
const undiciFetcher = async (url: string, init: { method?: string; headers?: object; body?: string } = {}) => {
  const headers = Object.fromEntries(Object.entries(init.headers ?? {}).map(([name, value]) => [name, String(value)]))
  const {
    statusCode,
    headers: answered,
    body,
  } = await request(url, {
    dispatcher: agent,
    method: 'POST',
    headers,
    body: init.body ?? '',
  })
  return {
    status: statusCode,
    ok: statusCode < 300,
    headers: { get: (name: string) => answered[name.toLowerCase()] ?? null },
    text: () => body.text(),
    json: () => body.json(),
  }
}

const gateway = new ApolloGateway({
  supergraphSdl: readFileSync(SUPERGRAPH, 'utf8'),
  ...(FETCHER === 'undici'
    ? {
        buildService: ({ url }) =>
          new RemoteGraphQLDataSource({
            ...(url === undefined ? {} : { url }),
            // Of a fetcher's answer the data source reads just these.
            fetcher: undiciFetcher as NonNullable<RemoteGraphQLDataSource['fetcher']>,
          }),
      }
    : {}),
})
const server = new ApolloServer({ gateway, introspection: false })
await server.start()
const app = fastify()
app.route({ url: '/graphql', method: ['GET', 'POST'], handler: fastifyApolloHandler(server) })
await app.listen({ port: Number(PORT), host: '127.0.0.1' })

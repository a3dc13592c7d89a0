// Mercurius composes the subgraphs' schemas itself.
import { readFileSync } from 'node:fs'
import mercuriusGateway from '@mercuriusjs/gateway'
import { fastify } from 'fastify'

const { PORT, SUBGRAPHS = '' } = process.env

const app = fastify()
await app.register(mercuriusGateway, {
  gateway: { services: JSON.parse(readFileSync(SUBGRAPHS, 'utf8')) as unknown },
  jit: 1,
})
await app.listen({ port: Number(PORT), host: '127.0.0.1' })

// Mercurius composes the subgraphs' schemas itself.
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fastify } from 'fastify'

const { PORT, SUBGRAPHS = '' } = process.env

// Where the text of a name belongs, its queries for entities have the type itself. Older printers of graphql wrote
// that as its name; that of 16.15 throws, and nearly every query would fail. So the one place in its code says String(…).
registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    if (!url.endsWith('/@mercuriusjs/gateway/lib/gateway/make-resolver.js')) return loaded
    const text = readFileSync(new URL(url), 'utf8')
    return { ...loaded, source: text.replace('value: returnType', 'value: String(returnType)') }
  },
})
const { default: mercuriusGateway } = await import('@mercuriusjs/gateway')

const app = fastify()
await app.register(mercuriusGateway, {
  gateway: { services: JSON.parse(readFileSync(SUBGRAPHS, 'utf8')) as unknown },
  jit: 1,
})
await app.listen({ port: Number(PORT), host: '127.0.0.1' })

import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Logger } from '@portico/service-kit/logger'
import type { FastifyInstance } from 'fastify'
import type { GatewayConfig } from '../config.ts'
import type { ExplorerDocument } from './explorer-documents.ts'

/** Where packages/explorer/build.mjs has put the page and all that it loads. */
const BUNDLE = join(dirname(createRequire(import.meta.url).resolve('@portico/explorer/package.json')), 'dist')

/**
 * The page asks this gateway and nobody else, and runs what was built only. Styles are the exception: its editor writes
 * them itself, and holds its fonts and pictures in them.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "connect-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self' data:",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/**
 * Adds the offline explorer to the gateway, if it is switched on: the page, `documents.json` beside it, and the files
 * that it loads, which carry a hash of their content in their path and are cached forever. Without a bundle it is left
 * out, with a warning.
 */
export async function addExplorer(
  app: FastifyInstance,
  config: Pick<GatewayConfig, 'explorer' | 'exposure' | 'health' | 'http'>,
  { documents, log }: { documents: readonly ExplorerDocument[]; log: Logger },
): Promise<void> {
  const { explorer, exposure, health, http } = config
  const { path } = explorer
  if (!exposure.explorer) return
  const template = await readFile(join(BUNDLE, 'index.html'), 'utf8').catch(() => undefined)
  if (template === undefined) {
    log.warn('there is no explorer: its bundle is not built; npm run build makes it')
    return
  }
  if (!exposure.introspection) log.warn('INTROSPECTION is off: the explorer knows nothing of the schema')
  const base = path.replace(/\/+$/, '')
  const page = template.replaceAll('{{base}}', base).replaceAll('{{graphqlPath}}', http.graphqlPath)

  // Brings much along that a start without explorer does without.
  const { default: fastifyStatic } = await import('@fastify/static')
  await app.register(
    async (routes) => {
      routes.addHook('onRequest', async (_, reply) => {
        reply.header('content-security-policy', CONTENT_SECURITY_POLICY)
        reply.header('cross-origin-opener-policy', 'same-origin')
      })
      routes.get('/', async (_, reply) =>
        reply.header('cache-control', 'no-cache').type('text/html; charset=utf-8').send(page),
      )
      routes.get('/documents.json', async (_, reply) => reply.header('cache-control', 'no-cache').send(documents))
      await routes.register(fastifyStatic, {
        root: BUNDLE,
        allowedPath: (file) => file.startsWith('/assets-'),
        index: false,
        dotfiles: 'deny',
        decorateReply: false,
        immutable: true,
        maxAge: '365d',
      })
    },
    { prefix: base },
  )
  // Whoever opens the bare address finds it, unless something else is there.
  const taken = [path, http.graphqlPath, health.paths.live, health.paths.ready]
  if (!taken.includes('/')) app.get('/', async (_, reply) => reply.redirect(path))
}

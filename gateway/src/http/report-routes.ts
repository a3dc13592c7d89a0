import type { FastifyInstance } from 'fastify'
import type { HealthReport } from './health-report.ts'
import { renderStatusPage, STATUS_PAGE_POLICY } from './status-page.ts'

/** Adds `/health/subgraphs` and the page `/status`, where `/` leads, to an admin server. */
export function addReportRoutes(app: FastifyInstance, report: () => HealthReport | Promise<HealthReport>): void {
  app.get('/health/subgraphs', async () => report())
  app.get('/', async (_, reply) => reply.redirect('/status'))
  app.get<{ Querystring: { refresh?: unknown } }>('/status', async ({ query }, reply) => {
    const refreshes = query.refresh !== 'off'
    reply.header('content-security-policy', STATUS_PAGE_POLICY).header('referrer-policy', 'no-referrer')
    reply.type('text/html; charset=utf-8')
    return reply.send(renderStatusPage(await report(), { refreshes, now: new Date() }))
  })
}

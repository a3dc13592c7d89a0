import type { AdminConfig } from '@portico/service-kit/admin-config'
import { startAdminServer, type AdminServer } from '@portico/service-kit/admin-server'
import type { Logger } from '@portico/service-kit/logger'
import { createHealthReport, type HealthSources } from './health-report.ts'
import { exposeState, type GatewayMetrics } from '../telemetry/metrics.ts'
import { renderStatusPage, STATUS_PAGE_POLICY } from './status-page.ts'

export interface AdminOptions extends HealthSources {
  config: AdminConfig | undefined
  log: Logger
  metrics: GatewayMetrics
  /** How many query plans are kept. */
  cachedPlans: () => number
}

/** Serves `/metrics`, `/health/subgraphs` and the page `/status`, on a port that clients do not reach. */
export function startGatewayAdmin(options: AdminOptions): Promise<AdminServer> {
  const { config, log, health, metrics, cachedPlans } = options
  const report = createHealthReport(options)
  exposeState(metrics, { report, cachedPlans })
  return startAdminServer({
    config,
    log,
    health,
    registry: metrics.registry,
    routes(app) {
      app.get('/health/subgraphs', async () => report())
      app.get('/', async (_, reply) => reply.redirect('/status'))
      app.get<{ Querystring: { refresh?: unknown } }>('/status', async ({ query }, reply) => {
        const refreshes = query.refresh !== 'off'
        reply.header('content-security-policy', STATUS_PAGE_POLICY).header('referrer-policy', 'no-referrer')
        return reply.type('text/html; charset=utf-8').send(renderStatusPage(report(), { refreshes, now: new Date() }))
      })
    },
  })
}

import type { AdminConfig } from '@portico/service-kit/admin-config'
import { startAdminServer, type AdminServer } from '@portico/service-kit/admin-server'
import type { Logger } from '@portico/service-kit/logger'
import { createExposition } from '@portico/service-kit/metrics'
import type { Membership } from '../workers/membership.ts'
import { createHealthReport, type HealthSources } from './health-report.ts'
import { exposeState, type GatewayMetrics } from '../telemetry/metrics.ts'
import { addReportRoutes } from './report-routes.ts'

export interface AdminOptions extends HealthSources {
  config: AdminConfig | undefined
  log: Logger
  metrics: GatewayMetrics
  /** How many query plans are kept. */
  cachedPlans: () => number
  /** Shows this gateway together with others, so that it needs no server of its own. */
  group?: Membership | undefined
}

/** Serves `/metrics`, `/health/subgraphs` and the page `/status`, on a port that clients do not reach. */
export function startGatewayAdmin(options: AdminOptions): Promise<AdminServer> {
  const { config, log, health, metrics, cachedPlans, group } = options
  const report = createHealthReport(options)
  exposeState(metrics, { report, cachedPlans })
  group?.introduce({ report, registry: metrics.registry })
  return startAdminServer({
    config: group ? undefined : config,
    log,
    health,
    metrics: createExposition(metrics.registry),
    routes: (app) => addReportRoutes(app, report),
  })
}

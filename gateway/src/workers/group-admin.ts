import type { AdminConfig } from '@portico/service-kit/admin-config'
import { startAdminServer } from '@portico/service-kit/admin-server'
import type { Logger } from '@portico/service-kit/logger'
import { addReadGauge, collectMetrics, type MetricValues } from '@portico/service-kit/metrics'
import type { ReadinessPolls } from '@portico/service-kit/readiness-polls'
import { Registry } from 'prom-client'
import type { WorkersReport } from '../http/health-report.ts'
import { addReportRoutes } from '../http/report-routes.ts'
import type { Group } from './group.ts'
import { isReady } from './member.ts'
import { createPastMetrics, mergeMetrics } from './merged-metrics.ts'
import { mergeReports } from './merged-report.ts'

/** The admin server of a group, which shows its workers as one gateway. */
export interface GroupAdmin extends AsyncDisposable {
  /** Keeps what a worker that is gone has counted. */
  keep: (metrics: MetricValues | undefined) => void
}

/** How {@link startGroupAdmin} is told where to listen, and what the group itself does not know. */
export interface GroupAdminOptions {
  config: AdminConfig
  log: Logger
  polls: ReadinessPolls
  isStopping: () => boolean
}

/**
 * Serves in the primary what a gateway's own admin server serves, by asking the workers with each request.
 *
 * @throws ListenError when the port that was asked for can't be opened.
 */
export async function startGroupAdmin(
  group: Group,
  { config, log, polls, isStopping }: GroupAdminOptions,
): Promise<GroupAdmin> {
  const past = createPastMetrics()
  const own = new Registry()
  exposeGroup(own, group)

  async function examine() {
    const able = group.members().filter(({ state }) => state === 'serving' || state === 'retiring')
    const examined = await Promise.all(able.map(async (member) => ({ member, ...(await member.examine()) })))
    return examined.toSorted((one, other) => one.member.id - other.member.id)
  }

  async function metrics(): Promise<string> {
    await examine()
    // The rest that is measured in this process is about itself, and not about answering requests.
    const ofPrimary = (await collectMetrics(own)).filter(({ name }) => !name.startsWith('nodejs_'))
    // Of one that is too slow to answer, what it told before. What one that is gone by now has counted is past already.
    const ofWorkers = group.members().flatMap((member) => (member.metrics ? [member.metrics] : []))
    return mergeMetrics([...past.values(), ...ofWorkers, ofPrimary]).metrics()
  }

  async function report() {
    const examined = await examine()
    const serving = examined.filter(({ member }) => member.state === 'serving' || isStopping())
    const reports = serving.flatMap((each) => (each.report ? [each.report] : []))
    return { ...mergeReports(reports, { isStopping: isStopping() }), workers: reportWorkers(group) }
  }

  const server = await startAdminServer({
    config,
    log,
    health: {
      isReady: () => !isStopping() && group.members().some((each) => each.state === 'serving' && isReady(each)),
      isDraining: isStopping,
      polls,
    },
    metrics: { contentType: Registry.PROMETHEUS_CONTENT_TYPE, text: metrics },
    routes: (app) => addReportRoutes(app, report),
  })
  return {
    keep(metricsOfGone) {
      if (metricsOfGone) past.add(metricsOfGone)
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

function reportWorkers(group: Group): WorkersReport {
  const processes = group.members().map((member) => {
    const { id, pid, state, startedAt } = member
    return { id, pid, state, ready: isReady(member), startedAt: startedAt.toISOString() }
  })
  return { processes, lastRoll: group.lastRoll() ?? null }
}

function exposeGroup(registry: Registry, group: Group): void {
  addReadGauge(registry, {
    name: 'portico_gateway_workers',
    help: 'Worker processes by what they are at.',
    labelNames: ['state'],
    read: () =>
      (['starting', 'serving', 'retiring'] as const).map((state) => {
        const isIn = (each: string) => each === state || (state === 'starting' && /^(prepared|opening)$/.test(each))
        return [{ state }, group.members().filter((member) => isIn(member.state)).length]
      }),
  })
  addReadGauge(registry, {
    name: 'portico_gateway_roll_refused',
    help: '1 while the workers that serve were kept because a new one could not take over.',
    read: () => [[{}, group.lastRoll()?.state === 'refused']],
  })
}

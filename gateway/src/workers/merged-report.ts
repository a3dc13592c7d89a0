import type { CheckState } from '@portico/service-kit/health'
import type { HealthReport, SubgraphReport } from '../http/health-report.ts'

const WORST_FIRST: readonly CheckState['state'][] = ['down', 'unknown', 'up']

/**
 * What several workers see, as one: the group is ready when one of them is, and a check is as bad as the worst sees it.
 * Of subgraphs those count that the last one has, which is the newest.
 */
export function mergeReports(reports: readonly HealthReport[], { isStopping }: { isStopping: boolean }): HealthReport {
  const isReady = reports.some(({ status }) => status === 'ready')
  const subgraphs: Record<string, SubgraphReport> = {}
  for (const [name, ofNewest] of Object.entries(reports.at(-1)?.subgraphs ?? {})) {
    const seen = reports.map((report) => report.subgraphs[name])
    const { host, schemaHash } = ofNewest
    subgraphs[name] = { ...(worst(seen) ?? ofNewest), host, schemaHash }
  }
  return {
    status: isStopping ? 'draining' : isReady ? 'ready' : 'unavailable',
    subgraphs,
    rateLimitStore: worst(reports.map(({ rateLimitStore }) => rateLimitStore)) ?? null,
  }
}

function worst<State extends CheckState>(states: readonly (State | null | undefined)[]): State | undefined {
  return WORST_FIRST.map((state) => states.find((each) => each?.state === state)).find(Boolean) ?? undefined
}

import type { PortSharing } from '@portico/service-kit/draining'
import type { ReadinessPolls } from '@portico/service-kit/readiness-polls'
import type { Registry } from 'prom-client'
import type { LimiterClient } from '../admission/rate-limits/redis.ts'
import type { HealthReport } from '../http/health-report.ts'

/** What the group may ask a gateway for at any time. */
export interface Introduction {
  report: () => HealthReport
  registry: Registry
}

/** How a gateway is one of a group of processes that share its port, and look like one gateway from outside. */
export interface Membership extends PortSharing {
  /** Instead of an admin server of its own, since the group has one. */
  introduce: (self: Introduction) => void
  /** Of all workers together, whichever was asked. */
  polls: ReadinessPolls
  /** Where the group counts rate limits. */
  counts: LimiterClient
}

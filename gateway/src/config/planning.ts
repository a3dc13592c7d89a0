import { commaList, milliseconds } from '@portico/service-kit/config'
import { z } from 'zod'

/** How operations become query plans. */
export interface PlanningConfig {
  /** Longest planning of one operation, which is refused then. */
  timeoutMs: number
  /** Labels of progressive `@override` that are on. */
  overrideLabels: readonly string[]
  /** See `PlannerOptions`; there is no variable for it. */
  largestInPlace?: number
}

export const planningVariables = z.object({
  PLAN_TIMEOUT_MS: milliseconds()
    .default(5000)
    .describe('Longest planning of one operation, which is refused then; REQUEST_TIMEOUT_MS ends the wait as well.'),
  OVERRIDE_LABELS: commaList()
    .meta({ mustBe: 'labels with commas' })
    .default([])
    .describe(
      'Labels of progressive `@override` that are on; those of the form `percent(…)` need not be named. Default: none.',
    ),
})

export function toPlanningConfig(env: z.infer<typeof planningVariables>): PlanningConfig {
  return { timeoutMs: env.PLAN_TIMEOUT_MS, overrideLabels: env.OVERRIDE_LABELS }
}

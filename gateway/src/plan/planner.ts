import type { QueryPlan } from '@apollo/query-planner'
import { GraphQLError } from 'graphql'
import type { ErrorCode } from '../error-codes.ts'
import type { Operation } from '../operation.ts'
import { createOperationCache } from '../operation-cache.ts'
import type { LoadedSupergraph } from '../supergraph/load.ts'
import { createHardFields } from './hard-fields.ts'
import { createOverrides, variantOf, type Overrides } from './overrides.ts'
import { createPlanMaker, type PlanRequest } from './plan-maker.ts'
import { createPlanningWorker } from './planning-worker.ts'

/** Plans operations, each once while its plan is kept. Disposing it ends its thread. */
export interface Planner extends AsyncDisposable {
  /** Decides for one request which labels of `@override` are on. */
  decide: (operation: Operation) => Overrides
  /**
   * The plan of an operation that `isolate` has been over; it is the same object as long as it is kept.
   *
   * @throws GraphQLError `UNPLANNABLE_OPERATION`, `SERVICE_UNAVAILABLE`
   */
  plan: (operation: Operation, overrides?: Overrides) => Promise<Planned>
  /** How many plans are kept. */
  cached: () => number
}

export interface Planned {
  plan: QueryPlan
}

export interface PlannerOptions {
  /** How many plans are kept. */
  cacheSize: number
  /** Longest planning of one operation in the thread; 5 s by default. */
  timeoutMs?: number
  /** Labels of progressive `@override` that are on. */
  overrideLabels?: readonly string[]
  /** Operations of up to this size are planned at once, in place; see `Operation.size`. */
  largestInPlace?: number
}

/**
 * Planned in about 2.5 ms. The thread takes half a second of CPU when it starts; for each operation of that size it takes
 * 1.5 ms more in all, and half as long of this thread, which has to send it.
 */
const LARGEST_IN_PLACE = 2000

/** Planning in place may take so much CPU, for which all other requests wait. */
const LONGEST_IN_PLACE_MS = 20

/** The first plans are made by code that the engine has not compiled yet. */
const COLD_PLANS = 20

/** One plan may have taken so long since garbage was collected meanwhile; two of so many have not. */
const UNLIKELY_AGAIN_WITHIN = 20

/** By how much each plan that was made in place in time lets larger operations stay there again. */
const RECOVERY = 1.1

/** And by how much each operation that goes to the thread does, since there may be none that stay any more. */
const SLOW_RECOVERY = 1.01

/**
 * Plans operations with Apollo's planner: small ones in place, all others in a thread, since planning takes 40 ms for a
 * large query, and any time and memory for one that was made to, or where interface objects are. What fails is not tried
 * again either, while it is kept, but for what is not the operation's fault.
 */
export function createPlanner(
  loaded: Pick<LoadedSupergraph, 'sdl' | 'supergraph'>,
  { cacheSize, timeoutMs = 5000, overrideLabels = [], largestInPlace = LARGEST_IN_PLACE }: PlannerOptions,
): Planner {
  const { sdl, supergraph } = loaded
  const makePlan = createPlanMaker(loaded)
  const worker = createPlanningWorker({ sdl, timeoutMs })
  const decide = createOverrides(supergraph.schema, { labels: overrideLabels })
  const isHard = createHardFields(supergraph.schema)
  const plans = createOperationCache<Promise<Planned>>({ maxEntries: cacheSize })
  let border = largestInPlace
  let madeInPlace = 0
  let slowAt = -Infinity

  /** @throws GraphQLError `SERVICE_UNAVAILABLE`, at once, when too many wait: none of the plans is to make room for that. */
  function make(
    { document, definition, fragments, switches, size }: Operation,
    overrides: Overrides,
  ): Promise<Planned> {
    const request = { operation: { document, definition, fragments, switches }, overrides }
    if (size <= border && !isHard(document)) return inPlace(request, size)
    border = Math.min(largestInPlace, border * SLOW_RECOVERY)
    return inThread(worker.plan(request))
  }

  async function inThread(plan: Promise<QueryPlan>): Promise<Planned> {
    return { plan: await plan }
  }

  async function inPlace(request: PlanRequest, size: number): Promise<Planned> {
    const before = process.threadCpuUsage()
    try {
      return { plan: makePlan(request) }
    } finally {
      const { user, system } = process.threadCpuUsage(before)
      const isSlow = user + system > LONGEST_IN_PLACE_MS * 1000
      // Some supergraphs make even small operations hard; others are only slow while the planner is cold.
      madeInPlace += 1
      if (!isSlow) border = Math.min(largestInPlace, border * RECOVERY)
      else if (madeInPlace > COLD_PLANS) {
        if (madeInPlace - slowAt < UNLIKELY_AGAIN_WITHIN) border = Math.min(border, size / 2)
        slowAt = madeInPlace
      }
    }
  }

  return {
    decide,
    async plan(operation, overrides = decide(operation)) {
      const variant = variantOf(overrides)
      try {
        return await plans.get(operation, () => make(operation, overrides), variant)
      } catch (error) {
        if (isUnavailable(error)) plans.forget(operation, variant)
        throw error
      }
    },
    cached: () => plans.count(),
    [Symbol.asyncDispose]: () => worker[Symbol.asyncDispose](),
  }
}

function isUnavailable(error: unknown): boolean {
  const code: ErrorCode = 'SERVICE_UNAVAILABLE'
  return error instanceof GraphQLError && error.extensions['code'] === code
}

import { parentPort, workerData } from 'node:worker_threads'
import { Supergraph } from '@apollo/federation-internals'
import type { QueryPlan } from '@apollo/query-planner'
import { createPlanMaker, type PlanRequest } from './plan-maker.ts'

/** What the worker answers to a request, and `ready` once it can take the first. */
export type WorkerAnswer = { plan: QueryPlan } | { unplannable: string } | 'ready'

/** The entry of the thread that plans; it is given the supergraph's SDL, and then one request after the other. */
if (parentPort) {
  const port = parentPort
  const sdl: unknown = workerData
  if (typeof sdl !== 'string') throw new TypeError('The worker is given the SDL of a supergraph.')
  const supergraph = Supergraph.build(sdl, { supportedFeatures: null, validateSupergraph: false })
  const make = createPlanMaker({ sdl, supergraph })
  port.on('message', (request: PlanRequest) => {
    port.postMessage(answer(request))
  })
  port.postMessage('ready' satisfies WorkerAnswer)

  function answer(request: PlanRequest): WorkerAnswer {
    try {
      return { plan: make(request) }
    } catch (error) {
      return { unplannable: error instanceof Error ? error.message : String(error) }
    }
  }
}

import { Worker } from 'node:worker_threads'
import type { QueryPlan } from '@apollo/query-planner'
import { GraphQLError } from 'graphql'
import type { ErrorCode } from '../error-codes.ts'
import type { PlanRequest } from './plan-maker.ts'
import type { WorkerAnswer } from './worker-main.ts'

export interface PlanningWorkerOptions {
  /** Of the supergraph. */
  sdl: string
  /** Longest planning of one operation. */
  timeoutMs: number
  /** How many operations may wait; each is one that nobody has sent before, or not lately. 1,000 by default. */
  mostWaiting?: number
}

/** A thread that plans one operation after the other; it starts with the first. Disposing it ends it. */
export interface PlanningWorker extends AsyncDisposable {
  /**
   * Rejects with a GraphQLError `UNPLANNABLE_OPERATION` when there is no plan, or planning takes too long or too much memory.
   *
   * @throws GraphQLError `SERVICE_UNAVAILABLE` when too many wait, then at once, or when there is no thread to plan in.
   */
  plan: (request: PlanRequest) => Promise<QueryPlan>
}

/** In MiB. A supergraph of four subgraphs takes about 40; what is beyond is for one operation. */
const LIMITS = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 64 }

interface Waiting {
  request: PlanRequest
  resolve: (plan: QueryPlan) => void
  reject: (error: Error) => void
}

/** Creates a planning thread that is replaced when it dies, or when an operation takes it too long. */
export function createPlanningWorker({ sdl, timeoutMs, mostWaiting = 1000 }: PlanningWorkerOptions): PlanningWorker {
  const waiting: Waiting[] = []
  let running: Waiting | undefined
  let worker: { thread: Worker; isReady: boolean } | undefined
  let timer: NodeJS.Timeout | undefined
  let isDisposed = false

  function next(): void {
    if (running || waiting.length === 0) return
    worker ??= start()
    if (!worker.isReady) return
    running = waiting.shift()
    worker.thread.ref()
    worker.thread.postMessage(running?.request, [])
    timer = setTimeout(() => replace(tooLong(timeoutMs)), timeoutMs)
  }

  function start() {
    const file = import.meta.url.endsWith('.ts') ? './worker-main.ts' : './worker-main.js'
    const thread = new Worker(new URL(file, import.meta.url), { workerData: sdl, resourceLimits: LIMITS })
    const started = { thread, isReady: false }
    thread.on('message', (answer: WorkerAnswer) => {
      if (worker !== started) return
      if (answer === 'ready') started.isReady = true
      else settle(answer)
      next()
    })
    thread.on('error', (error) => {
      if (worker === started) replace(running ? died(error) : noThread(error))
    })
    return started
  }

  function settle(answer: Exclude<WorkerAnswer, 'ready'>): void {
    const done = running
    clearTimeout(timer)
    running = undefined
    worker?.thread.unref()
    if ('plan' in answer) done?.resolve(answer.plan)
    else done?.reject(refusal(answer.unplannable))
  }

  /** Gives up what is being planned, and goes on with what waits in another thread. */
  function replace(error: GraphQLError): void {
    const failed = running ?? waiting.shift()
    clearTimeout(timer)
    void worker?.thread.terminate()
    worker = undefined
    running = undefined
    failed?.reject(error)
    next()
  }

  return {
    plan(request) {
      if (isDisposed || waiting.length >= mostWaiting) throw busy()
      return new Promise((resolve, reject) => {
        waiting.push({ request, resolve, reject })
        next()
      })
    },
    async [Symbol.asyncDispose]() {
      isDisposed = true
      const { thread } = worker ?? {}
      worker = undefined
      clearTimeout(timer)
      for (const { reject } of [...(running ? [running] : []), ...waiting.splice(0)]) reject(busy())
      await thread?.terminate()
    },
  }
}

function refusal(message: string): GraphQLError {
  const code: ErrorCode = 'UNPLANNABLE_OPERATION'
  return new GraphQLError(message, { extensions: { code } })
}

function tooLong(timeoutMs: number): GraphQLError {
  return refusal(`The operation can not be planned: it takes more than ${timeoutMs} ms. Ask for less at once.`)
}

function died(error: unknown): GraphQLError {
  const isMemory = error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
  const why = isMemory ? `it takes more than ${LIMITS.maxOldGenerationSizeMb} MiB of memory` : messageOf(error)
  return refusal(`The operation can not be planned: ${why}. Ask for less at once.`)
}

function noThread(error: unknown): GraphQLError {
  return unavailable(`There is no thread to plan operations in: ${messageOf(error)}.`)
}

function busy(): GraphQLError {
  return unavailable('Too many operations wait to be planned.')
}

function unavailable(message: string): GraphQLError {
  const code: ErrorCode = 'SERVICE_UNAVAILABLE'
  return new GraphQLError(message, { extensions: { code } })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

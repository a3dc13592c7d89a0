import { createOperationRecord, type OperationRecord } from '@portico/service-kit/operation-record'
import type { SubgraphError } from '../subgraph/subgraph-error.ts'

/** How a fetch ended: `errors` is an answer with errors in it, anything else than `ok` no usable answer. */
export type CallOutcome = 'ok' | 'errors' | SubgraphError['reason']

/** One fetch from a subgraph. */
export interface SubgraphCall {
  readonly subgraph: string
  /** By `performance.now()`. */
  readonly startedAt: number
  /** From asking to the whole answer; undefined while it runs. */
  durationMs?: number
  outcome?: CallOutcome
}

/** What is known of a request when its answer is sent: one log line and a few metrics are made of it. */
export interface RequestRecord extends OperationRecord {
  readonly subgraphCalls: SubgraphCall[]
  clientAddress?: string
}

export function createRequestRecord(): RequestRecord {
  return { ...createOperationRecord(), subgraphCalls: [] }
}

/**
 * Notes that a subgraph is asked; call what it returns with how that ended. It tells whether this is the first call of
 * the request to that subgraph that ended without a usable answer.
 */
export function beginCall({ subgraphCalls }: RequestRecord, subgraph: string): (outcome: CallOutcome) => boolean {
  const call: SubgraphCall = { subgraph, startedAt: performance.now() }
  subgraphCalls.push(call)
  return (outcome) => {
    const failedBefore = (other: SubgraphCall) => other.subgraph === subgraph && isUnusable(other.outcome)
    const isFirstFailure = isUnusable(outcome) && !subgraphCalls.some(failedBefore)
    call.outcome = outcome
    call.durationMs = performance.now() - call.startedAt
    return isFirstFailure
  }
}

function isUnusable(outcome: CallOutcome | undefined): boolean {
  return outcome !== undefined && outcome !== 'ok' && outcome !== 'errors'
}

/** The calls of a request that has ended: one that still runs then is given up. */
export function endedCalls({ subgraphCalls }: RequestRecord): readonly Required<SubgraphCall>[] {
  if (subgraphCalls.every(isEnded)) return subgraphCalls
  const now = performance.now()
  return subgraphCalls.map((call) => ({
    ...call,
    durationMs: call.durationMs ?? now - call.startedAt,
    outcome: call.outcome ?? 'cancelled',
  }))
}

function isEnded(call: SubgraphCall): call is Required<SubgraphCall> {
  return call.durationMs !== undefined && call.outcome !== undefined
}

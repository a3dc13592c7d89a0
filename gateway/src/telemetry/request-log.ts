import type { Logger } from '@portico/service-kit/logger'
import { roundMs, type RequestEnd } from '@portico/service-kit/observe-requests'
import { FAULTS } from '../error-codes.ts'
import { endedCalls, type RequestRecord } from './request-record.ts'

/** Writes the one line of a request. Tokens, variables and the text of the query are not in it. */
export function logRequest(log: Logger, record: RequestRecord, end: RequestEnd): void {
  const level = levelOf(record, end)
  if (!log.isLevelEnabled(level)) return
  const { requestId, method, path, status, durationMs, aborted } = end
  const { operationName, operationType, documentHash, viewerId, clientAddress, errorCodes } = record
  const line = {
    requestId,
    method,
    path,
    operationName,
    operationType,
    documentHash,
    status,
    durationMs,
    viewerId,
    clientAddress,
    // What is undefined is left out.
    subgraphs: record.subgraphCalls.length > 0 ? sumUp(record) : undefined,
    errorCodes: errorCodes.size > 0 ? Object.fromEntries(errorCodes) : undefined,
    aborted: aborted || undefined,
  }
  log[level](line, 'request')
}

/** `warn` when something was broken, `debug` for pages, assets and preflights that went well, else `info`. */
function levelOf({ documentHash, errorCodes }: RequestRecord, { status, aborted }: RequestEnd) {
  if (documentHash === undefined && errorCodes.size === 0 && status < 400) return 'debug'
  const broken = status >= 500 || [...errorCodes.keys()].some((code) => FAULTS.has(code))
  return broken && !aborted ? 'warn' : 'info'
}

/** What a line says of the calls to one subgraph. */
interface CallSummary {
  calls: number
  totalMs: number
  /** Of the slowest call. */
  maxMs: number
  /** How the calls that did not go well ended. */
  failed?: Record<string, number>
}

function sumUp(record: RequestRecord): Record<string, CallSummary> {
  const summaries: Record<string, CallSummary> = {}
  for (const { subgraph, durationMs, outcome } of endedCalls(record)) {
    const summary = (summaries[subgraph] ??= { calls: 0, totalMs: 0, maxMs: 0 })
    summary.calls += 1
    summary.totalMs = roundMs(summary.totalMs + durationMs)
    summary.maxMs = Math.max(summary.maxMs, roundMs(durationMs))
    if (outcome === 'ok') continue
    summary.failed ??= {}
    summary.failed[outcome] = (summary.failed[outcome] ?? 0) + 1
  }
  return summaries
}

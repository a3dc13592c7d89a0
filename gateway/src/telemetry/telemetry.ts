import type { Logger } from '@portico/service-kit/logger'
import { observeRequests } from '@portico/service-kit/observe-requests'
import { countError } from '@portico/service-kit/operation-record'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { clientAddressOf } from '../http/client-address.ts'
import type { GatewayMetrics } from './metrics.ts'
import { logRequest } from './request-log.ts'
import { createRequestRecord, type RequestRecord } from './request-record.ts'

export interface TelemetryOptions {
  log: Logger
  metrics: GatewayMetrics
  /** Paths of which nothing is told: health routes, which are asked all the time. */
  quietPaths: readonly string[]
}

/**
 * Sees to the log line and the metrics of every request of a server, also of those that never reach GraphQL. What it
 * returns gives the record that the stages of a request fill.
 */
export function observeGateway(
  app: FastifyInstance,
  { log, metrics, quietPaths }: TelemetryOptions,
): (request: FastifyRequest) => RequestRecord {
  const recordOf = observeRequests(app, {
    createRecord: createRequestRecord,
    quietPaths,
    started: metrics.requestStarted,
    ended(record, end) {
      if (end.problem !== undefined) countError(record, end.problem)
      metrics.requestEnded(record, end)
      logRequest(log, record, end)
    },
  })
  app.addHook('onRequest', (request, _reply, done) => {
    recordOf(request).clientAddress = clientAddressOf(request.ip)
    done()
  })
  return recordOf
}

import type { RequestLogger } from '@portico/service-kit/logger'
import type { Viewer } from '@portico/service-kit/viewer'
import type { ClientHeaders } from './subgraph/client-headers.ts'
import type { Credentials } from './admission/tokens/verifier.ts'
import type { RequestRecord } from './telemetry/request-record.ts'

/** What every step of the gateway knows of a request. */
export interface GatewayContext {
  requestId: string
  log: RequestLogger
  credentials: Credentials
  /** On whose behalf the request runs: anonymous as well while the credentials are worth nothing. */
  viewer: Viewer
  /** The client's address, or `unknown`; a proxy is believed about it only when it is configured as one. */
  clientAddress: string
  /** What goes on to subgraphs of what the client sent. */
  clientHeaders: ClientHeaders
  /** Header lines that say in whose trace the request belongs; empty without one. No answer depends on them. */
  traceLines: string
  /** When the request's time is over, by `performance.now()`. */
  deadline: number
  /** Aborted when the request's time is over, or its client gone. */
  signal: AbortSignal
  record: RequestRecord
}

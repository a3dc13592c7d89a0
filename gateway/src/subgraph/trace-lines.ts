import type { IncomingHttpHeaders } from 'node:http'
import { parseTraceContext, TRACE_HEADERS } from '@portico/service-kit/trace-context'
import { headerLine } from './http1/request-message.ts'

/**
 * The lines of a client's W3C Trace Context, for each request to a subgraph: the gateway has no spans of its own, so it
 * passes on whose part of the trace called. Nothing when the client traces nothing, or not as the standard says.
 */
export function traceLines(headers: IncomingHttpHeaders): string {
  const trace = parseTraceContext(headers)
  if (!trace) return ''
  return TRACE_HEADERS.flatMap((name) => (trace[name] === undefined ? [] : [headerLine(name, trace[name])])).join('')
}

import type { IncomingHttpHeaders } from 'node:http'

/** Where a request belongs in a distributed trace, by the headers of W3C Trace Context. */
export interface TraceContext {
  /** The ids of the trace and of the caller's part of it, in version 00: 55 characters. */
  traceparent: string
  /** What the systems that trace it keep there. */
  tracestate?: string
}

/** The names of the headers. */
export const TRACE_HEADERS = ['traceparent', 'tracestate'] as const

const TRACE_PARENT =
  /^(?<version>(?!ff)[\da-f]{2})-(?<ids>(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16})-(?<flags>[\da-f]{2})(?<more>-.*)?$/
const STATE_KEY = /^[a-z\d][a-z\d_/*@-]{0,255}$/
const STATE_VALUE = /^[ -+\--<>-~]{0,255}[!-+\--<>-~]$/
const LONGEST_STATE = 512
const MOST_STATES = 32

/**
 * Reads both headers as W3C Trace Context (level 2) says: undefined without a valid `traceparent`; a `tracestate` that is
 * malformed or longer than 512 characters is left out.
 */
export function parseTraceContext(headers: IncomingHttpHeaders): TraceContext | undefined {
  const traceparent = parseTraceParent(headers)
  if (traceparent === undefined) return undefined
  const { tracestate } = headers
  const state = typeof tracestate === 'string' && isTraceState(tracestate) ? tracestate : undefined
  return { traceparent, ...(state === undefined ? {} : { tracestate: state }) }
}

/**
 * Reads `traceparent` alone, for who passes no `tracestate` on; undefined when it is not valid. Of a later version what
 * version 00 knows is kept.
 */
export function parseTraceParent({ traceparent }: IncomingHttpHeaders): string | undefined {
  if (typeof traceparent !== 'string') return undefined
  const { version, ids, flags = '', more } = TRACE_PARENT.exec(traceparent)?.groups ?? {}
  if (ids === undefined || (version === '00' && more !== undefined)) return undefined
  return `00-${ids}-${version === '00' ? flags : sampledAlone(flags)}`
}

/** The one flag that has the same meaning in every version. */
function sampledAlone(flags: string): string {
  return `0${Number.parseInt(flags, 16) & 1}`
}

function isTraceState(text: string): boolean {
  if (text.length > LONGEST_STATE) return false
  const members = text
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '')
  const keys = members.map((member) => member.slice(0, Math.max(0, member.indexOf('='))))
  const isValid = members.every((member, index) => {
    const key = keys[index] ?? ''
    return STATE_KEY.test(key) && STATE_VALUE.test(member.slice(key.length + 1))
  })
  return isValid && members.length > 0 && members.length <= MOST_STATES && new Set(keys).size === keys.length
}

/**
 * What went wrong in the database, as far as a caller has to know.
 *
 * - `constraint`: a unique, foreign-key, check or not-null constraint refused the write; `target` names it when known
 * - `missing`: the row to change was not there
 * - `conflict`: serialization failure or deadlock; the whole transaction may be tried again
 * - `timeout`: a statement, lock, transaction or the wait for a connection took too long
 * - `unavailable`: no connection, or it broke, or the server would not have us, or takes no writes
 * - `data`: a value is none that the database can hold, such as text with a NUL character
 */
export type DatabaseFailure =
  | { kind: 'constraint'; rule: 'unique' | 'foreign-key' | 'check' | 'not-null'; target: string | undefined }
  | { kind: 'missing' }
  | { kind: 'conflict' }
  | { kind: 'timeout' }
  | { kind: 'unavailable' }
  | { kind: 'data' }

interface ErrorLike {
  message: string
  code?: unknown
  meta?: unknown
  cause?: unknown
  errors?: unknown
}

function isErrorLike(value: unknown): value is ErrorLike {
  return typeof value === 'object' && value !== null && 'message' in value && typeof value.message === 'string'
}

/** Codes of Prisma's query engine: https://www.prisma.io/docs/orm/reference/error-reference */
const BY_PRISMA_CODE: Readonly<Record<string, (error: ErrorLike) => DatabaseFailure>> = {
  P1000: () => ({ kind: 'unavailable' }),
  P1001: () => ({ kind: 'unavailable' }),
  P1002: () => ({ kind: 'timeout' }),
  P1003: () => ({ kind: 'unavailable' }),
  P1008: () => ({ kind: 'timeout' }),
  P1010: () => ({ kind: 'unavailable' }),
  P1017: () => ({ kind: 'unavailable' }),
  P2002: (error) => ({ kind: 'constraint', rule: 'unique', target: constraintOf(error) }),
  P2003: (error) => ({ kind: 'constraint', rule: 'foreign-key', target: constraintOf(error) }),
  P2004: (error) => ({ kind: 'constraint', rule: 'check', target: constraintOf(error) }),
  P2011: (error) => ({ kind: 'constraint', rule: 'not-null', target: constraintOf(error) }),
  P2024: () => ({ kind: 'timeout' }),
  P2025: () => ({ kind: 'missing' }),
  P2028: () => ({ kind: 'timeout' }),
  P2034: () => ({ kind: 'conflict' }),
  P2037: () => ({ kind: 'unavailable' }),
}

/** SQLSTATE codes: https://www.postgresql.org/docs/current/errcodes-appendix.html */
function bySqlState(state: string, error: ErrorLike): DatabaseFailure | undefined {
  switch (state) {
    case '23505':
      return { kind: 'constraint', rule: 'unique', target: constraintOf(error) }
    case '23503':
      return { kind: 'constraint', rule: 'foreign-key', target: constraintOf(error) }
    case '23514':
      return { kind: 'constraint', rule: 'check', target: constraintOf(error) }
    case '23502':
      return { kind: 'constraint', rule: 'not-null', target: constraintOf(error) }
    case '40001':
    case '40P01':
      return { kind: 'conflict' }
    case '55P03':
    case '57014':
    case '25P03':
      return { kind: 'timeout' }
    default:
      // 22: data exception.
      if (state.startsWith('22')) return { kind: 'data' }
      // 08: connection exception; 25006: a standby, which only reads; 28: wrong role or password; 3D: no such database; 42501: nothing granted to the role;
      // 53: insufficient resources; 57P: the server is stopping or starting.
      return /^(08|25006|28|3D|42501|53|57P)/.test(state) ? { kind: 'unavailable' } : undefined
  }
}

/** What the system says of a connection that can't be made, or broke. */
const NETWORK_CODES = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
])

/** Texts, and at the end what Prisma's driver adapter calls its errors, which raw queries and BEGIN give as they are. */
const UNAVAILABLE =
  /Connection terminated|terminating connection|Can't reach database|the database system is|ECONNREFUSED|ECONNRESET|EPIPE|server (has )?closed the connection|Client has encountered a connection error|^(ConnectionClosed|DatabaseNotReachable|TooManyConnections)$/i
const TIMEOUT =
  /timeout exceeded when trying to connect|canceling statement due to|Query read timeout|Transaction already closed|Unable to start a transaction in the given time|Operation has timed out|^SocketTimeout$/i

/** Undefined when the error does not come from the database. Looks through `cause`, and into what adapters wrap. */
export function classifyDatabaseError(error: unknown): DatabaseFailure | undefined {
  if (!isErrorLike(error)) return undefined
  if (typeof error.code === 'string') {
    const known = BY_PRISMA_CODE[error.code]?.(error)
    if (known) return known
    if (NETWORK_CODES.has(error.code)) return { kind: 'unavailable' }
  }
  const state = sqlStateOf(error)
  const failure = state === undefined ? undefined : bySqlState(state, error)
  if (failure) return failure
  if (UNAVAILABLE.test(error.message)) return { kind: 'unavailable' }
  if (TIMEOUT.test(error.message)) return { kind: 'timeout' }
  // A name with several addresses, none of which answered.
  if (Array.isArray(error.errors)) return classifyDatabaseError(error.errors[0])
  return error.cause === undefined || error.cause === error ? undefined : classifyDatabaseError(error.cause)
}

/** True when `error` is the violation of a unique constraint whose name or columns contain `target`. */
export function isUniqueViolation(error: unknown, target: string): boolean {
  const failure = classifyDatabaseError(error)
  return failure?.kind === 'constraint' && failure.rule === 'unique' && (failure.target ?? '').includes(target)
}

/**
 * Runs a transaction again when it lost against a concurrent one (serialization failure, deadlock), at most `tries`
 * times in all, with a short random pause between them.
 */
export async function retryConflicts<T>(transaction: () => Promise<T>, tries = 4): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await transaction()
    } catch (error) {
      if (attempt >= tries || classifyDatabaseError(error)?.kind !== 'conflict') throw error
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * 2 ** attempt))
    }
  }
}

/** The fields that driver adapters nest at different depths, gathered by name. */
function* nested(value: unknown, depth = 0): Generator<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || depth > 4) return
  const record: Record<string, unknown> = { ...value }
  yield record
  for (const key of ['meta', 'cause', 'driverAdapterError', 'constraint']) yield* nested(record[key], depth + 1)
}

function sqlStateOf(error: ErrorLike): string | undefined {
  for (const record of nested({ code: error.code, meta: error.meta, cause: error.cause })) {
    for (const key of ['originalCode', 'code']) {
      const value = record[key]
      if (typeof value === 'string' && /^[0-9A-Z]{5}$/.test(value) && !/^P[12]\d{3}$/.test(value)) return value
    }
  }
  return undefined
}

function constraintOf(error: ErrorLike): string | undefined {
  for (const record of nested({ ...error, meta: error.meta, cause: error.cause })) {
    for (const key of ['constraint', 'target', 'index', 'fields', 'field_name']) {
      const value = record[key]
      if (typeof value === 'string') return value
      if (Array.isArray(value) && value.length > 0) return value.map(String).join(',')
    }
  }
  return undefined
}

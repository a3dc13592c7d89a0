/** Expected failures that several subgraphs answer with: members of result unions, told apart by `__typename`. */

export interface NotFoundError {
  __typename: 'NotFoundError'
  code: 'NOT_FOUND'
  message: string
}

/** `what` is the thing in a caller's terms: "address", "order". */
export function notFound(what: string): NotFoundError {
  return { __typename: 'NotFoundError', code: 'NOT_FOUND', message: `There is no such ${what}.` }
}

export interface ConflictError {
  __typename: 'ConflictError'
  code: 'CONFLICT'
  message: string
  currentVersion: number | null
}

/** The record is no longer at `expectedVersion`; the caller reads it again and decides. */
export function versionConflict(currentVersion: number): ConflictError {
  return {
    __typename: 'ConflictError',
    code: 'CONFLICT',
    message: 'The record was changed since it was read.',
    currentVersion,
  }
}

/** Something that has to be unique is taken. */
export function taken(message: string): ConflictError {
  return { __typename: 'ConflictError', code: 'CONFLICT', message, currentVersion: null }
}

export interface IdempotencyMismatchError {
  __typename: 'IdempotencyMismatchError'
  code: 'IDEMPOTENCY_MISMATCH'
  message: string
}

export function idempotencyMismatch(): IdempotencyMismatchError {
  return {
    __typename: 'IdempotencyMismatchError',
    code: 'IDEMPOTENCY_MISMATCH',
    message: 'This idempotency key was used before with another input.',
  }
}

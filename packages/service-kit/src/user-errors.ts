// Expected failures that several subgraphs answer with: members of result unions, told apart by `__typename`.

/** The GraphQL type `NotFoundError`: what the caller names is not there, or not for them. */
export interface NotFoundError {
  __typename: 'NotFoundError'
  code: 'NOT_FOUND'
  message: string
}

/** Says that something is not there; `what` is the thing in a caller's terms: "address", "order". */
export function notFound(what: string): NotFoundError {
  return { __typename: 'NotFoundError', code: 'NOT_FOUND', message: `There is no such ${what}.` }
}

/** The GraphQL type `ConflictError`: a write that contradicts what is there by now. */
export interface ConflictError {
  __typename: 'ConflictError'
  code: 'CONFLICT'
  message: string
  /** Of the record that was to be changed; null when it is not about one. */
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

/** The GraphQL type `IdempotencyMismatchError`: a key that stands for another write. */
export interface IdempotencyMismatchError {
  __typename: 'IdempotencyMismatchError'
  code: 'IDEMPOTENCY_MISMATCH'
  message: string
}

/** Says that an idempotency key was used before with another input; nothing was written. */
export function idempotencyMismatch(): IdempotencyMismatchError {
  return {
    __typename: 'IdempotencyMismatchError',
    code: 'IDEMPOTENCY_MISMATCH',
    message: 'This idempotency key was used before with another input.',
  }
}

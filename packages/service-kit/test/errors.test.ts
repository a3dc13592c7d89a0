import { describe, expect, it } from '@jest/globals'
import { badUserInput, isPublic, maskError, rateLimited } from '@portico/service-kit/errors'
import { GraphQLError, type GraphQLFormattedError } from 'graphql'

/** Masks as Apollo Server does: the formatted error beside the one that a resolver threw. */
function masked(thrown: Error, more: Partial<GraphQLFormattedError> = {}): GraphQLFormattedError {
  const located = new GraphQLError(thrown.message, { originalError: thrown, path: ['user', 'email'] })
  return maskError({ ...located.toJSON(), ...more }, located)
}

const INTERNALS = [
  'connect ECONNREFUSED 10.0.0.7:5432',
  'select * from "user"',
  '/app/src/accounts.ts',
  'password authentication failed for user "users"',
]

describe('an error that a caller can not act on', () => {
  it('says where it happened and nothing of what happened', () => {
    for (const internal of INTERNALS) {
      const error = Object.assign(new Error(internal), { stack: internal })
      const answer = masked(error, {
        extensions: { code: 'INTERNAL_SERVER_ERROR', stacktrace: [internal], detail: internal },
      })
      expect(JSON.stringify(answer)).not.toContain(internal)
      expect(answer).toMatchObject({ path: ['user', 'email'] })
      expect(Object.keys(answer.extensions ?? {})).toEqual(['code'])
    }
  })

  it('is internal when it is our mistake', () => {
    for (const error of [
      new TypeError("Cannot read properties of undefined (reading 'id')"),
      Object.assign(new Error('Unique constraint failed'), { code: 'P2002', meta: { target: ['email_key'] } }),
      Object.assign(new Error('No record was found for an update.'), { code: 'P2025' }),
      new GraphQLError('of a code that is not public', { extensions: { code: 'SHIFT_HANDLE_TAKEN' } }),
    ]) {
      expect(masked(error)).toEqual({
        message: 'Internal server error.',
        path: ['user', 'email'],
        extensions: { code: 'INTERNAL_SERVER_ERROR' },
      })
    }
  })

  it('is a service that is not available when the database is at fault for now', () => {
    for (const error of [
      Object.assign(new Error("Can't reach database server at 10.0.0.7"), { code: 'P1001' }),
      new Error('Connection terminated unexpectedly'),
      new Error('timeout exceeded when trying to connect'),
      Object.assign(new Error('Write conflict'), { code: 'P2034' }),
      new Error('loading users failed', { cause: new Error('Connection terminated unexpectedly') }),
    ]) {
      expect(masked(error)).toEqual({
        message: 'The service is not available at the moment; try again.',
        path: ['user', 'email'],
        extensions: { code: 'SERVICE_UNAVAILABLE' },
      })
    }
  })
})

describe('an error that its caller can act on', () => {
  it('passes with its message and details, but for a stack', () => {
    const error = badUserInput('"first" must be at most 100.', 'first')
    const formatted = { ...error.toJSON(), extensions: { ...error.extensions, stacktrace: ['at resolvers.ts:1'] } }
    expect(maskError(formatted, error)).toEqual({
      message: '"first" must be at most 100.',
      extensions: { code: 'BAD_USER_INPUT', argumentName: 'first' },
    })
    expect(isPublic(error)).toBe(true)
    expect(maskError(rateLimited('Wait.', 1500).toJSON(), undefined).extensions).toEqual({
      code: 'RATE_LIMITED',
      retryAfterMs: 1500,
    })
  })

  it('is told by its code alone: none, or another, is not public', () => {
    expect(isPublic({})).toBe(false)
    expect(isPublic({ extensions: { code: 'INTERNAL_SERVER_ERROR' } })).toBe(false)
    expect(isPublic(new GraphQLError('no code'))).toBe(false)
  })
})

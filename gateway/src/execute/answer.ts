import type { GraphQLError } from 'graphql'

/** The answer to an operation, before its errors are shaped for clients. */
export interface Answer {
  /** The JSON text of `data`, such as `null`; undefined: nothing was executed, and the answer has none. */
  data: string | undefined
  /** With paths in the client's terms. */
  errors: readonly GraphQLError[]
}

import { GraphQLError } from 'graphql'

/** How many errors one answer tells of: a field below lists may fail a hundred thousand times for one reason. */
export const MOST_ERRORS = 1000

/** The first errors, as `tell` writes them, and one without a path about the number of all the others. */
export function boundErrors<Thrown extends Error>(
  errors: readonly Thrown[],
  tell: (error: Thrown) => GraphQLError = asGraphQLError,
): readonly GraphQLError[] {
  const told = errors.slice(0, MOST_ERRORS).map(tell)
  const [untold] = errors.slice(MOST_ERRORS)
  return untold ? [...told, summaryOf(tell(untold), errors.length - MOST_ERRORS)] : told
}

/** The executor of `@apollo/gateway` also returns what else was thrown, as it is. */
export function asGraphQLError(error: Error): GraphQLError {
  return error instanceof GraphQLError ? error : new GraphQLError(error.message, { originalError: error })
}

/** One error that stands for `count` others, of which it has the code of the first. */
export function summaryOf({ message, extensions }: GraphQLError, count: number): GraphQLError {
  const others = count === 1 ? 'One more error is' : `${count} more errors are`
  return new GraphQLError(`${others} not told one by one. The first: ${message}`, { extensions })
}

import { classifyDatabaseError } from '@portico/service-kit/database-errors'

/** What the failure of an action is taken for; 'nothing' when it does not fail. */
export async function failureOf(action: PromiseLike<unknown>): Promise<unknown> {
  const error = await Promise.resolve(action).then(
    () => 'nothing',
    (reason: unknown) => reason,
  )
  return error === 'nothing' ? error : classifyDatabaseError(error)
}

/** A GraphQL request in the body of a POST, with nothing unusual about it. */
export interface GraphqlBody {
  query: string | undefined
  operationName: string | undefined
  variables: Readonly<Record<string, unknown>> | undefined
  /** SHA-256 of a persisted query, in place of its text. */
  hash: string | undefined
}

/**
 * The request in a body that was JSON; undefined when there is anything about it that Apollo Server would refuse, or that
 * is not a question of executing one known document.
 */
export function readGraphqlBody(body: unknown): GraphqlBody | undefined {
  if (!isRecord(body)) return undefined
  const { query, operationName, variables, extensions } = body
  if (!isAbsent(operationName) && (typeof operationName !== 'string' || operationName === '')) return undefined
  if (!isAbsent(variables) && !isRecord(variables)) return undefined
  if (!isAbsent(extensions) && !isRecord(extensions)) return undefined
  const persistedQuery = extensions?.['persistedQuery']
  const request = { operationName: operationName ?? undefined, variables: variables ?? undefined }
  if (persistedQuery === undefined) {
    return typeof query === 'string' ? { ...request, query, hash: undefined } : undefined
  }
  // A text beside its hash is to be registered.
  if (query !== undefined || !isRecord(persistedQuery)) return undefined
  const { version, sha256Hash: hash } = persistedQuery
  return version === 1 && typeof hash === 'string' ? { ...request, query: undefined, hash } : undefined
}

function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

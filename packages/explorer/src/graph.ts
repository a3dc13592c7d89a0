/** The graph gave no data; the message is for the person in front of the page. */
export class GraphError extends Error {
  override readonly name = 'GraphError'
}

/** An operation for {@link askGraph}. */
export interface Question {
  query: string
  variables?: Record<string, unknown>
  /** Default: as nobody. */
  accessToken?: string
}

interface Answer<Data> {
  data?: Data | null
  errors?: { message: string; extensions?: { code?: string; retryAfterMs?: number } }[]
}

/**
 * Sends an operation of the page's own, and returns its data.
 *
 * @throws GraphError when any of it could not be answered.
 */
export async function askGraph<Data>(path: string, { query, variables, accessToken }: Question): Promise<Data> {
  const response = await fetch(path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      ...(accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` }),
    },
    body: JSON.stringify({ query, variables }),
  }).catch(() => {
    throw new GraphError('The gateway cannot be reached.')
  })
  const answer = (await response.json().catch(() => ({}))) as Answer<Data>
  const [error] = answer.errors ?? []
  if (error) throw new GraphError(describeError(error.message, error.extensions))
  if (!answer.data) throw new GraphError(`The gateway answered with status ${response.status} and no data.`)
  return answer.data
}

function describeError(message: string, { code, retryAfterMs }: { code?: string; retryAfterMs?: number } = {}): string {
  if (code !== 'RATE_LIMITED') return message
  if (retryAfterMs === undefined) return 'Too many attempts. Try again later.'
  return `Too many attempts. Try again in ${Math.ceil(retryAfterMs / 1000)} s.`
}

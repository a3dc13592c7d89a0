/** A GraphQL answer. `Data` is what the test says of it: nothing checks that. */
export interface GraphqlReply<Data = unknown> {
  status: number
  headers: Headers
  data: Data
  errors: GraphqlReplyError[]
}

/** An error of an answer; `extensions` always have a `code`. */
export interface GraphqlReplyError {
  message: string
  path?: (string | number)[]
  extensions: Record<string, unknown>
}

/** What is sent. */
export interface GraphqlOperation {
  query: string
  variables?: Record<string, unknown> | undefined
  operationName?: string | undefined
}

/** Sends an operation over HTTP. */
export async function postGraphql<Data = unknown>(
  url: URL | string,
  operation: GraphqlOperation,
  headers: Record<string, string> = {},
): Promise<GraphqlReply<Data>> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(operation),
  })
  const { data, errors = [] } = (await response.json()) as { data: Data; errors?: GraphqlReplyError[] }
  return { status: response.status, headers: response.headers, data, errors }
}

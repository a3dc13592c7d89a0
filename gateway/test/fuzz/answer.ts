/** What a client is answered. */
export interface ClientAnswer {
  status: number
  /** Canonical JSON text, with its digits; undefined: there is none. */
  data: string | undefined
  tree: unknown
  errors: readonly ClientError[]
}

export interface ClientError {
  message: string
  path?: readonly (string | number)[] | undefined
  extensions?: Record<string, unknown> | undefined
}

/** `JSON.parse` that keeps the digits of numbers as they were written. */
export function parseExactly(text: string): unknown {
  return JSON.parse(text, (_, value: unknown, { source }: { source?: string }) => {
    if (typeof value !== 'number' || source === undefined || String(value) === source) return value
    return JSON.rawJSON(source)
  })
}

/** The answer in a response body. */
export function parseAnswer(status: number, body: string): ClientAnswer {
  const parsed = parseExactly(body)
  if (parsed === null || typeof parsed !== 'object') throw new Error(`Not a GraphQL answer: ${body}`)
  const { data, errors } = parsed as { data?: unknown; errors?: ClientError[] }
  return { status, data: data === undefined ? undefined : JSON.stringify(data), tree: data, errors: errors ?? [] }
}

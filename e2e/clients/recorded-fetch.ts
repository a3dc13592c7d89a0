/** A request that a client sent, and what became of it. */
export interface RecordedRequest {
  method: string
  url: URL
  headers: Headers
  body: string | undefined
  signal: AbortSignal | null | undefined
  /** Of the answer; undefined while there is none. */
  status: number | undefined
}

/** The real `fetch`, and what it was asked for, in that order. */
export function recordedFetch(): { fetch: typeof fetch; requests: RecordedRequest[] } {
  const requests: RecordedRequest[] = []
  return {
    requests,
    async fetch(input, init) {
      const { method, url, headers } = new Request(input, init)
      const request: RecordedRequest = {
        method,
        url: new URL(url),
        headers,
        body: typeof init?.body === 'string' ? init.body : undefined,
        signal: init?.signal,
        status: undefined,
      }
      requests.push(request)
      const reply = await fetch(input, init)
      request.status = reply.status
      return reply
    },
  }
}

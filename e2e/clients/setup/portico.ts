/** What a client has to know of a Portico gateway. */
export interface Portico {
  /** Such as `https://api.example.com/graphql`. */
  url: string
  /** The access token of whoever is signed in. */
  accessToken: () => string | undefined
  /** What sends requests: `fetch`, unless something wraps it. */
  fetch: typeof fetch
}

/** The header of someone who is signed in; none for anyone else. */
export function bearer(accessToken: string | undefined): Record<string, string> {
  return accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` }
}

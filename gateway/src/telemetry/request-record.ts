/** How one fetch from a subgraph went. */
export interface SubgraphCall {
  subgraph: string
  /** From asking to the whole answer. */
  durationMs: number
  /** `ok`, or why there was no usable answer. */
  outcome: string
}

/** What is known of a request when its answer is sent: one log line and a few metrics are made of it. */
export interface RequestRecord {
  operationName?: string
  operationType?: 'query' | 'mutation' | 'subscription'
  /** SHA-256 of the document's text, in hex. */
  documentHash?: string
  /** Undefined while nobody is known; `anonymous` is nobody's id. */
  viewerId?: string
  readonly subgraphCalls: SubgraphCall[]
  /** How many errors of each code the answer has. */
  readonly errorCodes: Map<string, number>
}

export function createRequestRecord(): RequestRecord {
  return { subgraphCalls: [], errorCodes: new Map() }
}

/**
 * Every code that an error of the gateway's own can have in `extensions.code`, and when it has it. What clients should
 * do about each is in docs/clients.md. Subgraphs may add codes of theirs; such an error names the subgraph.
 */
export const ERROR_CODES = {
  BAD_REQUEST: 'What came is no GraphQL request, or one that a page could have forged.',
  BAD_USER_INPUT: 'A variable or argument does not fit its type, or a subgraph did not like its value.',
  BODY_TOO_LARGE: 'The body is larger than `MAX_BODY_BYTES`.',
  DEADLINE_EXCEEDED: 'The request had no time left when it reached a subgraph.',
  DOWNSTREAM_SERVICE_ERROR: 'Something broke in a subgraph, which gave it no code.',
  GRAPHQL_PARSE_FAILED: 'The document is no GraphQL.',
  GRAPHQL_VALIDATION_FAILED: 'The document does not fit the schema.',
  HEADERS_TOO_LARGE: 'The headers, with the address or those for subgraphs, are too large.',
  INTERNAL_SERVER_ERROR: 'Something broke in the gateway or in a subgraph.',
  INVALID_SUBGRAPH_VALUE: 'A subgraph answered with a value that is none of the type that its schema promises.',
  LIMIT_EXCEEDED: 'The operation is larger than the limit that `limit` and `maximum` name.',
  METHOD_NOT_ALLOWED: 'The path is there, but not for this method.',
  NOT_ACCEPTABLE: 'The client accepts no type of answer that there is.',
  NOT_FOUND: 'There is nothing at this path.',
  NULL_IN_NON_NULL_POSITION: 'A subgraph answered null where its schema promises a value.',
  OPERATION_RESOLUTION_FAILURE: 'The document does not have the operation, or there are none of its kind.',
  PATH_TOO_LONG: 'A part of the path is too long.',
  PERSISTED_QUERY_NOT_FOUND: 'The gateway does not know the hash, or has forgotten it.',
  RATE_LIMITED: 'The limit of a field is used up; `retryAfterMs` says for how long.',
  RECEIVE_TIMEOUT: 'The request did not arrive whole within `RECEIVE_TIMEOUT_MS`.',
  REQUEST_CANCELLED: 'The client was gone before there was an answer, so that nobody reads it.',
  REQUEST_TIMEOUT: 'The whole request took longer than `REQUEST_TIMEOUT_MS`.',
  SERVICE_UNAVAILABLE: 'What the answer rests on is gone for now: a database, the store of limits, or keys of tokens.',
  SUBGRAPH_TIMEOUT: 'A subgraph did not answer within `SUBGRAPH_TIMEOUT_MS`; it may have done what was asked.',
  SUBGRAPH_UNAVAILABLE: 'A subgraph can not be reached, or its answer can not be read.',
  UNAUTHENTICATED: 'The token is expired or worthless, or a subgraph needs to know who asks.',
  UNAUTHORIZED_FIELD_OR_TYPE: 'The viewer may not see this field.',
  UNPLANNABLE_OPERATION: 'The gateway can not ask the subgraphs for all of this at once, and does not answer wrongly.',
  UNSUPPORTED_MEDIA_TYPE: 'The body is of another type, encoding or charset than JSON in UTF-8.',
} as const

export type ErrorCode = keyof typeof ERROR_CODES

/** Codes that say that something is broken; the others, those of subgraphs too, are the caller's to act on. */
export const FAULTS: ReadonlySet<string> = new Set<ErrorCode>([
  'DEADLINE_EXCEEDED',
  'DOWNSTREAM_SERVICE_ERROR',
  'INTERNAL_SERVER_ERROR',
  'INVALID_SUBGRAPH_VALUE',
  'NULL_IN_NON_NULL_POSITION',
  'REQUEST_TIMEOUT',
  'SERVICE_UNAVAILABLE',
  'SUBGRAPH_TIMEOUT',
  'SUBGRAPH_UNAVAILABLE',
  'UNPLANNABLE_OPERATION',
])

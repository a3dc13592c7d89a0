import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createLogger } from '@portico/service-kit/logger'
import { ANONYMOUS } from '@portico/service-kit/viewer'
import { fastify, type FastifyInstance } from 'fastify'
import { buildSchema } from 'graphql'
import { loadConfig } from '../src/config.ts'
import { addGraphqlRoute } from '../src/http/graphql-route.ts'
import { createGraphqlServer } from '../src/http/graphql-server.ts'
import { createPreparedOperations } from '../src/http/prepared-operations.ts'
import { createResponder } from '../src/http/respond.ts'
import { createRequestRecord } from '../src/telemetry/request-record.ts'

let app: FastifyInstance
/** How many requests Apollo Server has seen. */
let seen = 0
/** The variables of the operations that were answered, as what was executed for them sees them. */
const answered: unknown[] = []

beforeAll(async () => {
  app = fastify()
  const log = createLogger({ service: 'gateway', level: 'silent' })
  const prepared = createPreparedOperations({ maxEntries: 3 })
  const respond = createResponder(
    async ({ variables }) => {
      answered.push(variables)
      return { data: '{"a":1}', errors: [] }
    },
    { details: false },
  )
  const apollo = createGraphqlServer(loadConfig({ SUPERGRAPH_PATH: 'unread.graphql' }), {
    gateway: {
      onSchemaLoadOrUpdate(callback) {
        callback({ apiSchema: buildSchema('type Query { a(n: Int): Int }'), coreSupergraphSdl: '' })
        return () => undefined
      },
      load: async () => ({ executor: null }),
      stop: async () => undefined,
    },
    log,
    plugins: [{ requestDidStart: async () => void (seen += 1) }],
    prepared,
    respond,
  })
  await apollo.start()
  const record = createRequestRecord()
  await addGraphqlRoute(app, {
    apollo,
    path: '/graphql',
    recordOf: () => record,
    prepared,
    respond,
    context: async (request) => ({
      requestId: request.id,
      log,
      credentials: { kind: 'viewer', viewer: ANONYMOUS },
      viewer: ANONYMOUS,
      clientAddress: '127.0.0.1',
      clientHeaders: {},
      traceLines: '',
      deadline: Infinity,
      signal: new AbortController().signal,
      record,
    }),
  })
})
afterAll(async () => app.close())

async function isSeenByApollo(body: unknown, method: 'GET' | 'POST' = 'POST'): Promise<boolean> {
  const before = seen
  const target = { url: '/graphql', headers: { 'content-type': 'application/json' } }
  if (method === 'POST') await app.inject({ ...target, method, payload: JSON.stringify(body) })
  else await app.inject({ ...target, method, query: body as Record<string, string> })
  return seen > before
}

describe('Apollo Server', () => {
  it('sees an operation once', async () => {
    expect(await isSeenByApollo({ query: '{ a }' })).toBe(true)
    expect(await isSeenByApollo({ query: '{ a }' })).toBe(false)
    expect(await isSeenByApollo({ query: '{ a }', variables: { n: 1 }, extensions: {} })).toBe(false)
    expect(answered).toEqual([{}, {}, { n: 1 }])
  })

  it('sees each operation of a document once', async () => {
    const query = 'query A { a } query B { a }'
    for (const isNew of [true, false]) {
      for (const operationName of ['A', 'B']) expect(await isSeenByApollo({ query, operationName })).toBe(isNew)
    }
  })

  it('sees a name that only seems to be the one of an operation, and its text the rest', async () => {
    await isSeenByApollo({ query: 'query C\n{ a }', operationName: 'C' })
    expect(await isSeenByApollo({ query: 'query C\n{ a }', operationName: 'C' })).toBe(false)
    expect(await isSeenByApollo({ query: '{ a }', operationName: 'C\nquery C' })).toBe(true)
    expect(await isSeenByApollo({ query: 'uery C\n{ a }', operationName: 'Cq' })).toBe(true)
  })

  it('sees all that it has to refuse, each time', async () => {
    for (const query of ['{', '{ b }', 'query A { a } query B { a }', '']) {
      expect(await isSeenByApollo({ query })).toBe(true)
      expect(await isSeenByApollo({ query })).toBe(true)
    }
  })

  it('sees what comes by GET, and what is to be registered', async () => {
    await isSeenByApollo({ query: '{ a }' })
    expect(await isSeenByApollo({ query: '{ a }' }, 'GET')).toBe(true)
    const persistedQuery = { version: 1, sha256Hash: 'a'.repeat(64) }
    expect(await isSeenByApollo({ query: '{ a }', extensions: { persistedQuery } })).toBe(true)
  })

  it('sees an operation again that was forgotten for newer ones', async () => {
    await isSeenByApollo({ query: '{ old: a }' })
    expect(await isSeenByApollo({ query: '{ old: a }' })).toBe(false)
    for (const name of ['b', 'c', 'd']) await isSeenByApollo({ query: `{ ${name}: a }` })
    expect(await isSeenByApollo({ query: '{ old: a }' })).toBe(true)
  })
})

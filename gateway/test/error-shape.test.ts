import { describe, expect, it } from '@jest/globals'
import type { GatewayExecutionResult } from '@apollo/server-gateway-interface'
import { createLogger } from '@portico/service-kit/logger'
import { ANONYMOUS } from '@portico/service-kit/viewer'
import { buildSchema } from 'graphql'
import { loadConfig } from '../src/config.ts'
import { boundErrors } from '../src/execute/error-bound.ts'
import { createGraphqlServer } from '../src/http/graphql-server.ts'
import { createRequestRecord } from '../src/telemetry/request-record.ts'

describe('an error that is none of GraphQL, as the executor of @apollo/gateway may return it', () => {
  it.each([
    ['as it is', (thrown: Error) => [thrown]],
    ['as our executor passes it on', (thrown: Error) => boundErrors([thrown])],
  ])('cost the whole request, and was lost: %s', async (_, passOn) => {
    const logged: Record<string, unknown>[] = []
    const write = (line: string) => void logged.push(JSON.parse(line) as Record<string, unknown>)
    const log = createLogger({ service: 'gateway', level: 'info' }, { write })
    const result: GatewayExecutionResult = { data: { a: 'answered', b: null } }
    Object.assign(result, { errors: passOn(new RangeError('Maximum call stack size exceeded')) })
    const apollo = createGraphqlServer(loadConfig({ SUPERGRAPH_PATH: 'unread.graphql' }), {
      gateway: {
        onSchemaLoadOrUpdate(callback) {
          callback({ apiSchema: buildSchema('type Query { a: String b: String }'), coreSupergraphSdl: '' })
          return () => undefined
        },
        load: async () => ({ executor: async () => result }),
        stop: async () => undefined,
      },
      log,
      plugins: [],
    })
    await apollo.start()
    const { body } = await apollo.executeOperation(
      { query: '{ a b }' },
      {
        contextValue: {
          requestId: 'request-1',
          log,
          credentials: { kind: 'viewer', viewer: ANONYMOUS },
          viewer: ANONYMOUS,
          clientAddress: '127.0.0.1',
          clientHeaders: {},
          deadline: Infinity,
          signal: new AbortController().signal,
          record: createRequestRecord(),
        },
      },
    )
    await apollo.stop()
    expect(body).toMatchObject({
      singleResult: {
        data: { a: 'answered', b: null },
        errors: [
          {
            message: 'Internal server error.',
            extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: 'request-1' },
          },
        ],
      },
    })
    expect(logged).toMatchObject([{ level: 'error', msg: 'request failed inside the gateway' }])
    expect(JSON.stringify(logged)).toContain('Maximum call stack size exceeded')
  })
})

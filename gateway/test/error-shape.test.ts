import { describe, expect, it } from '@jest/globals'
import { createLogger } from '@portico/service-kit/logger'
import { ANONYMOUS } from '@portico/service-kit/viewer'
import type { Answer } from '../src/execute/answer.ts'
import { boundErrors } from '../src/execute/error-bound.ts'
import { createResponder } from '../src/http/respond.ts'
import { createRequestRecord } from '../src/telemetry/request-record.ts'

const THROWN = new TypeError('a detail from inside')

describe('an error that is none of GraphQL', () => {
  it.each([
    ['passed on', async () => ({ data: '{"a":1}', errors: boundErrors([THROWN]) }), 200, { data: { a: 1 } }],
    ['thrown', () => Promise.reject<Answer>(THROWN), 500, {}],
  ])('is masked and logged: %s', async (_, admit, status, data) => {
    const logged: Record<string, unknown>[] = []
    const write = (line: string) => void logged.push(JSON.parse(line) as Record<string, unknown>)
    const log = createLogger({ service: 'gateway', level: 'info' }, { write })
    const respond = createResponder(admit, { details: false })
    const answer = await respond(
      { operation: undefined, operationName: undefined, documentHash: '', variables: {}, accept: undefined },
      {
        requestId: 'request-1',
        log,
        credentials: { kind: 'viewer', viewer: ANONYMOUS },
        viewer: ANONYMOUS,
        clientAddress: '127.0.0.1',
        clientHeaders: {},
        traceLines: '',
        deadline: Infinity,
        signal: new AbortController().signal,
        record: createRequestRecord(),
      },
    )
    const extensions = { code: 'INTERNAL_SERVER_ERROR', requestId: 'request-1' }
    expect(answer.status).toBe(status)
    expect(JSON.parse(answer.parts.join(''))).toEqual({
      ...data,
      errors: [{ message: 'Internal server error.', extensions }],
    })
    expect(logged).toMatchObject([{ level: 'error', msg: 'request failed inside the gateway' }])
    expect(JSON.stringify(logged)).toContain('a detail from inside')
  })
})

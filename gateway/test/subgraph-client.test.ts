import type { RequestListener } from 'node:http'
import { describe, expect, it } from '@jest/globals'
import { startDeadline } from '../src/deadline.ts'
import { createSubgraphFetcher, type FetchOptions } from '../src/subgraph/fetcher.ts'
import { parseAnswer, type SubgraphAnswer } from '../src/subgraph/parse-answer.ts'
import { startHttpServer } from './raw-server.ts'

const OPTIONS: FetchOptions = {
  headers: '',
  signal: new AbortController().signal,
  deadline: Infinity,
  shareKey: undefined,
}

type Ask = (request: Record<string, unknown>, options: FetchOptions) => Promise<SubgraphAnswer>

/** Runs a test with what asks a real server that answers as it likes. */
async function withServer(answer: RequestListener, test: (ask: Ask) => Promise<void>) {
  await using server = await startHttpServer(answer)
  await using fetcher = createSubgraphFetcher({
    name: 'shop',
    url: server.url,
    timeoutMs: 300,
    connections: 64,
    queue: 64,
    compression: false,
    answerLimitBytes: 1000,
  })
  await test(async (request, options) =>
    parseAnswer({ name: 'shop', ...(await fetcher.fetch(JSON.stringify(request), options)) }),
  )
}

describe('asking a subgraph', () => {
  it('sends an operation and gives back its result, errors included', async () => {
    const answer = { data: { a: 1 }, errors: [{ message: 'partly', path: ['b'], extensions: { code: 'X' } }] }
    await withServer(
      (request, response) => {
        let body = ''
        request.on('data', (chunk) => (body += chunk))
        request.on('end', () => {
          expect(JSON.parse(body)).toEqual({ query: '{ a }', operationName: 'A', variables: { v: 1 } })
          expect(request.headers).toMatchObject({ 'content-type': 'application/json', 'x-request-id': 'id' })
          response.end(JSON.stringify(answer))
        })
      },
      async (ask) => {
        const operation = { query: '{ a }', operationName: 'A', variables: { v: 1 } }
        const asked = await ask(operation, { ...OPTIONS, requestId: 'id' })
        expect(asked).toEqual({ ...answer, extensions: undefined, hasEscapes: false })
      },
    )
  })

  it('says how long it waits: for one answer, or for what is left of the whole request', async () => {
    const waits: number[] = []
    await withServer(
      (request, response) => {
        waits.push(Number(request.headers['x-portico-deadline-ms']))
        response.end('{"data":{}}')
      },
      async (ask) => {
        await ask({ query: '{ a }' }, OPTIONS)
        await ask({ query: '{ a }' }, { ...OPTIONS, deadline: performance.now() + 200 })
        await ask({ query: '{ a }' }, { ...OPTIONS, deadline: performance.now() - 1 })
      },
    )
    const [whole, left, past] = waits
    expect([whole, past]).toEqual([300, 0])
    expect(left).toBeGreaterThan(0)
    expect(left).toBeLessThanOrEqual(200)
  })

  it.each<[string, RequestListener, string, string]>([
    ['hangs before it answers', () => undefined, 'timeout', 'shop did not answer in time.'],
    [
      'hangs in the middle of its answer',
      (_, response) => void response.write('{"data":'),
      'timeout',
      'shop did not answer in time.',
    ],
    ['hangs up', (_, response) => void response.destroy(), 'unreachable', 'shop can not be reached.'],
    [
      'does not speak JSON',
      (_, response) => void response.end('<html>'),
      'bad-answer',
      'shop answered with something that is not JSON.',
    ],
    [
      'answers JSON that is no result',
      (_, response) => void response.writeHead(502).end('{"data":7}'),
      'bad-answer',
      'shop answered 502 without a GraphQL result.',
    ],
    [
      'answers too much',
      (_, response) => void response.end(JSON.stringify({ data: { a: 'x'.repeat(1000) } })),
      'bad-answer',
      'The answer of shop is too large.',
    ],
  ])('reports a subgraph that %s', async (_, answer, reason, message) => {
    await withServer(answer, async (ask) => {
      await expect(ask({ query: '{ a }' }, OPTIONS)).rejects.toMatchObject({
        name: 'SubgraphError',
        reason,
        message,
      })
    })
  })

  it('follows no redirect, so that a subgraph can not send it elsewhere', async () => {
    let followed = false
    await withServer(
      (request, response) => {
        followed ||= request.url === '/elsewhere'
        response.writeHead(307, { location: '/elsewhere' }).end('{}{')
      },
      async (ask) => {
        await expect(ask({ query: '{ a }' }, OPTIONS)).rejects.toMatchObject({ reason: 'bad-answer' })
      },
    )
    expect(followed).toBe(false)
  })

  it('stops waiting when its caller is gone, or the time of the whole request is over, and tells them apart', async () => {
    using gone = startDeadline({ withinMs: 60_000 })
    await withServer(
      () => gone.abort(new Error('gone')),
      async (ask) => {
        const sending = ask({ query: '{ a }' }, { ...OPTIONS, signal: gone.signal })
        await expect(sending).rejects.toMatchObject({ name: 'SubgraphError', reason: 'cancelled' })
      },
    )
    using over = startDeadline({ withinMs: 50 })
    await withServer(
      () => undefined,
      async (ask) => {
        const sending = ask({ query: '{ a }' }, { ...OPTIONS, signal: over.signal })
        await expect(sending).rejects.toMatchObject({ name: 'SubgraphError', reason: 'request-timeout' })
      },
    )
  })

  it('sends nothing for a caller who is gone already', async () => {
    let asked = false
    using gone = startDeadline({ withinMs: 60_000 })
    gone.abort(new Error('gone'))
    await withServer(
      (_, response) => {
        asked = true
        response.end('{"data":{}}')
      },
      async (ask) => {
        const sending = ask({ query: '{ a }' }, { ...OPTIONS, signal: gone.signal })
        await expect(sending).rejects.toMatchObject({ reason: 'cancelled' })
      },
    )
    expect(asked).toBe(false)
  })
})

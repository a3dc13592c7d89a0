import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { eventually } from '@portico/testkit/eventually'
import { CONNECTIONS, HEADS } from './probes/connections.ts'
import { BOMBS, CONFUSION, DISCLOSURE } from './probes/documents.ts'
import { BODIES, FORGERIES } from './probes/requests.ts'
import { startTarget, type Answer, type AnswerError, type Probe, type Target } from './probes/target.ts'
import { FAILURES, HEADERS, TOKENS } from './probes/trust.ts'

const PROBES = {
  'to read the schema': DISCLOSURE,
  'by documents that cost more than they weigh': BOMBS,
  'by operations that are not what they seem': CONFUSION,
  'from the pages of others': FORGERIES,
  'by bodies that are not what they should be': BODIES,
  'by methods, paths and headers': HEADS,
  'by connections': CONNECTIONS,
  'by tokens': TOKENS,
  'by headers that others are believed about': HEADERS,
  'on what breaks': FAILURES,
}

/** What no answer may hold: stacks, where files are, who serves. */
const NEVER = /\n\s+at |node_modules|\.ts:\d|\.js:\d|file:\/\/|x-powered-by|apollo-server|fastify|stacktrace/i

/** Longest answer to an attack; those that hold a connection are let go sooner. */
const PATIENCE_MS = 8000

let target: Target
let sockets: () => number
beforeAll(async () => {
  target = await startTarget()
  await target.post({ query: '{ hello }' })
  const before = openSockets()
  sockets = () => openSockets() - before
})
afterAll(async () => target[Symbol.asyncDispose]())

const openSockets = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length

/** Everything that is wrong with an answer to an attack. */
function flawsOf({ status, code, extensions, data, never }: Probe, answer: Answer): string[] {
  const { json, text, headers } = answer
  const errors = json?.errors ?? []
  const all = `${JSON.stringify(headers)}\n${text}`
  const demands: [holds: boolean, flaw: string][] = [
    [[status].flat().includes(answer.status), `the status is ${answer.status}`],
    [!NEVER.test(all), 'it tells of the inside'],
    [never === undefined || !never.test(all), 'it tells what it must not'],
    [headers['server'] === undefined, 'it tells who serves'],
    [code === undefined || errors.length > 0, 'there is no error'],
    [errors.every((error) => (code ?? error.extensions['code']) === error.extensions['code']), `no error is ${code}`],
    [errors.every((error) => error.extensions['requestId'] === headers['x-request-id']), 'errors have no request id'],
    [!extensions || isMatch(errors, extensions), `the error is not of ${JSON.stringify(extensions)}`],
    [!data || isDeepStrictEqual({ ...json?.data }, data), `the data is ${JSON.stringify(json?.data)}`],
  ]
  return demands.filter(([holds]) => !holds).map(([, flaw]) => `${flaw}: ${all.slice(0, 1000)}`)
}

function isMatch([only, ...others]: AnswerError[], extensions: Record<string, unknown>): boolean {
  return others.length === 0 && Object.entries(extensions).every(([key, value]) => only?.extensions[key] === value)
}

describe.each(Object.entries(PROBES))('an attack %s', (_, probes) => {
  it.each(probes)('fails: $name', async (probe) => {
    const before = target.graph.requests.length
    const started = performance.now()
    const answer = await probe.attack(target)
    expect(performance.now() - started).toBeLessThan(PATIENCE_MS)
    expect(flawsOf(probe, answer)).toEqual([])
    expect([probe.asked ?? 0].flat()).toContain(target.graph.requests.length - before)
    await probe.check?.(answer, target)
  })
})

describe('after all attacks, the gateway', () => {
  it('was attacked in at least 56 ways, no two the same', () => {
    const names = Object.values(PROBES).flatMap((probes) => probes.map(({ name }) => name))
    expect(new Set(names).size).toBe(names.length)
    expect(names.length).toBeGreaterThanOrEqual(56)
  })

  it('answers as before', async () => {
    const { status, json } = await target.post({ query: '{ hello }' })
    expect([status, json]).toEqual([200, { data: { hello: 'hello' } }])
  })

  it('holds no connection of an attacker', async () => {
    await expect(eventually(() => sockets() <= 0)).resolves.toBeUndefined()
  })

  it('changed nothing in the subgraph, and nothing in itself', () => {
    expect(target.graph.requests.filter(({ query }) => query.includes('change'))).toEqual([])
    expect({}).not.toHaveProperty('polluted')
  })

  it('was not surprised: nothing failed inside', () => {
    expect(target.graph.logged.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([])
  })
})

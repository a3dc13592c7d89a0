import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
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
/** What the gateway holds of connections of clients. */
const connections = new Set<Socket>()
function follow(message: unknown): void {
  const { socket } = message as { socket: Socket }
  if (socket.localPort !== Number(target.graph.url.port)) return
  connections.add(socket)
  socket.once('close', () => connections.delete(socket))
}
beforeAll(async () => {
  target = await startTarget()
  // Where Node's servers tell of every connection that they take.
  subscribe('net.server.socket', follow)
})
afterAll(async () => {
  unsubscribe('net.server.socket', follow)
  await target[Symbol.asyncDispose]()
})

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
    await eventually(() => connections.size === 0)
    const held = target.dial()
    await eventually(() => connections.size === 1)
    held.destroy()
    await eventually(() => connections.size === 0)
    expect(connections).toEqual(new Set())
  })

  it('changed nothing in the subgraph, and nothing in itself', () => {
    expect(target.graph.requests.filter(({ query }) => query.includes('change'))).toEqual([])
    expect({}).not.toHaveProperty('polluted')
  })

  it('was not surprised: nothing failed inside', () => {
    expect(target.graph.logged.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([])
  })
})

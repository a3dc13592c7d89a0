import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { createLogger } from '@portico/service-kit/logger'
import { eventually } from '@portico/testkit/eventually'
import { createRemoteJWKSet, jwtVerify, type JSONWebKeySet } from 'jose'
import { createSigningKey, loadSigningKeys, removeRetiredKeys, type SigningKeys } from '../src/signing-keys.ts'
import { startTestUsers, type TestUsers } from './users-subgraph.ts'

const LIFETIME_S = 900

describe('the folder of signing keys', () => {
  let folder: string
  let lines: Record<string, unknown>[]
  beforeEach(async () => {
    lines = []
    folder = await mkdtemp(join(tmpdir(), 'portico-keys-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const load = (now: () => number) => {
    const write = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>)
    const log = createLogger({ service: 'test', level: 'info' }, { write })
    return loadSigningKeys({ folder, tokenLifetimeS: LIFETIME_S, log, now, pollMs: 10 })
  }
  const complaints = () => lines.filter(({ level }) => level === 'error')
  const kids = (keys: SigningKeys) => keys.published().map(({ kid }) => kid)

  it('publishes a new key before it signs, and the old one until its last token has expired', async () => {
    let now = Date.UTC(2026, 0, 1)
    const first = await createSigningKey(folder, new Date(now - 1000))
    await using keys = await load(() => now)
    expect(keys.current().kid).toBe(first)

    const second = await createSigningKey(folder, new Date(now + 300_000))
    await eventually(() => keys.published().length === 2)
    expect(keys.current().kid).toBe(first)
    expect(kids(keys)).toEqual([first, second])

    now += 300_000
    expect(keys.current().kid).toBe(second)
    expect(kids(keys)).toEqual([first, second])
    expect(await removeRetiredKeys(folder, LIFETIME_S, now)).toEqual([])

    now += (LIFETIME_S + 60) * 1000
    expect(kids(keys)).toEqual([second])
    expect(await removeRetiredKeys(folder, LIFETIME_S, now)).toEqual([first])
  })

  it('keeps the last good keys while a file is broken, and says so once for each change', async () => {
    const first = await createSigningKey(folder, new Date(0))
    await using keys = await load(Date.now)
    await writeFile(join(folder, 'broken.json'), '{')
    await eventually(() => complaints().length > 0)
    expect(complaints()).toMatchObject([
      { err: { message: expect.stringContaining('broken.json is not a signing key') } },
    ])
    expect(keys.current().kid).toBe(first)

    // Time for many more looks.
    await sleep(100)
    expect(complaints()).toHaveLength(1)
    await rename(join(folder, 'broken.json'), join(folder, 'as-broken.json'))
    await eventually(() => complaints().length > 1)
    expect(keys.current().kid).toBe(first)

    await rm(join(folder, 'as-broken.json'))
    const second = await createSigningKey(folder, new Date(1000))
    await eventually(() => keys.current().kid === second)
    expect(complaints()).toHaveLength(2)
  })

  it('keeps the last good keys when it goes away, until it is back', async () => {
    const first = await createSigningKey(folder, new Date(0))
    await using keys = await load(Date.now)
    await rm(folder, { recursive: true })
    await eventually(() => complaints().length > 0)
    expect(keys.current().kid).toBe(first)
    const second = await createSigningKey(folder, new Date(1000))
    await eventually(() => keys.current().kid === second)
  })

  it('says how to make a key when there is none', async () => {
    await expect(load(Date.now)).rejects.toThrow('npm run users:rotate-keys -- --now')
  })
})

describe('an access token', () => {
  let users: TestUsers
  beforeAll(async () => {
    users = await startTestUsers()
  })
  afterAll(() => users[Symbol.asyncDispose]())

  it('is verified with the published keys and says who may do what', async () => {
    const { session, viewer } = await users.register('token@example.com')
    const keySet = createRemoteJWKSet(new URL('/.well-known/jwks.json', users.url))
    const { payload, protectedHeader } = await jwtVerify(session.accessToken, keySet, {
      issuer: 'https://users.test',
      audience: 'portico',
      typ: 'at+jwt',
      algorithms: ['EdDSA'],
    })
    expect(protectedHeader.kid).toEqual(expect.any(String))
    expect(payload).toMatchObject({ sub: viewer.id, scope: '', roles: ['CUSTOMER'], plan: 'FREE' })
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(900)
  })

  it('publishes no private part', async () => {
    const response = await fetch(new URL('/.well-known/jwks.json', users.url))
    const set = (await response.json()) as JSONWebKeySet
    expect(set.keys).toHaveLength(1)
    expect(Object.keys(set.keys[0] ?? {}).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x'])
  })
})

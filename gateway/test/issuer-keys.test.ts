import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createLogger } from '@portico/service-kit/logger'
import { eventually } from '@portico/testkit/eventually'
import { errors } from 'jose'
import { createIssuerKeys, type IssuerKeys, type IssuerKeysTiming } from '../src/admission/tokens/issuer-keys.ts'
import { createKeySource, parseDiscoveryDocument } from '../src/admission/tokens/key-source.ts'
import { createTokenVerifier } from '../src/admission/tokens/verifier.ts'
import { bearer, createKey, ISSUER, startTokenIssuer, trustIn, type TokenIssuer } from './token-issuer.ts'

const log = createLogger({ service: 'test', level: 'silent' })
const PATIENT = new AbortController().signal

let issuer: TokenIssuer
beforeEach(async () => {
  issuer = await startTokenIssuer()
})
afterEach(async () => {
  await issuer[Symbol.asyncDispose]()
})

const startKeys = (options: IssuerKeysTiming = {}) =>
  createIssuerKeys({ source: createKeySource({ jwksUrl: issuer.jwksUrl, issuer: ISSUER }), log, ...options })
const startVerifier = (timing: IssuerKeysTiming = {}) =>
  createTokenVerifier(trustIn(issuer.jwksUrl), { log, ...timing })

async function ask(keys: IssuerKeys, kid: string): Promise<unknown> {
  try {
    await keys.getKey({ alg: 'EdDSA', kid }, { payload: '', signature: '' })
    return 'known'
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) return 'unknown'
    throw error
  }
}

describe("the issuer's keys", () => {
  it('are asked for again when a token names one that is not known yet', async () => {
    await using keys = startKeys({ cooldownMs: 0 })
    const next = await createKey()
    expect(await ask(keys, issuer.key.publicJwk.kid)).toBe('known')
    issuer.published = [issuer.key.publicJwk, next.publicJwk]
    expect(await ask(keys, next.publicJwk.kid)).toBe('known')
    expect(issuer.asked).toHaveLength(2)
  })

  it('are asked for once by a thousand first requests, and by a flood of made-up names afterwards', async () => {
    await using verifier = startVerifier()
    const forger = await createKey()
    const genuine = await bearer(issuer.key)
    for (const isDown of [false, true]) {
      issuer.isDown = isDown
      const flood = Array.from({ length: 500 }, async (_, index) =>
        verifier.verify([await bearer(forger, { header: { kid: `made-up-${index}` } })], PATIENT),
      )
      const visits = Array.from({ length: 500 }, () => verifier.verify([genuine], PATIENT))
      expect(new Set((await Promise.all(flood)).map(({ kind }) => kind))).toEqual(new Set(['invalid']))
      expect(new Set((await Promise.all(visits)).map(({ kind }) => kind))).toEqual(new Set(['viewer']))
    }
    expect(issuer.asked).toHaveLength(1)
  })

  it('are asked for at most once per cooldown, however many made-up names come while the issuer is slow', async () => {
    await using keys = startKeys({ cooldownMs: 60_000 })
    await using eager = startKeys({ cooldownMs: 0 })
    expect(await ask(keys, issuer.key.publicJwk.kid)).toBe('known')
    expect(await ask(eager, issuer.key.publicJwk.kid)).toBe('known')
    const before = issuer.asked.length
    issuer.delayMs = 300
    const flood = Promise.all(Array.from({ length: 200 }, (_, index) => ask(eager, `made-up-${index}`)))
    let answered = false
    void flood.then(() => (answered = true))
    // Those with a known key do not wait for the answer that the others wait for.
    expect(await ask(eager, issuer.key.publicJwk.kid)).toBe('known')
    expect(answered).toBe(false)
    expect(new Set(await flood)).toEqual(new Set(['unknown']))
    for (let index = 0; index < 200; index += 1) expect(await ask(keys, `made-up-${index}`)).toBe('unknown')
    expect(issuer.asked).toHaveLength(before + 1)
  })

  it('stay in use while the issuer is down', async () => {
    await using keys = startKeys({ refreshMs: 5, cooldownMs: 0 })
    expect(await ask(keys, issuer.key.publicJwk.kid)).toBe('known')
    issuer.isDown = true
    const before = issuer.asked.length
    await eventually(() => issuer.asked.length > before + 2)
    expect(await ask(keys, issuer.key.publicJwk.kid)).toBe('known')
  })

  it('leave a token unverifiable, and not invalid, until the issuer has answered once', async () => {
    issuer.isDown = true
    await using keys = startKeys({ cooldownMs: 0 })
    await using verifier = startVerifier()
    await expect(ask(keys, 'any')).rejects.toMatchObject({ name: 'IssuerKeysUnavailableError' })
    expect(await verifier.verify([await bearer(issuer.key)], PATIENT)).toEqual({ kind: 'unverifiable' })
    issuer.isDown = false
    expect(await ask(keys, issuer.key.publicJwk.kid)).toBe('known')
  })

  it('hold up nobody for longer than they wait, and are there for the next', async () => {
    issuer.delayMs = 200
    await using verifier = startVerifier()
    const token = await bearer(issuer.key)
    expect(await verifier.verify([token], AbortSignal.timeout(20))).toEqual({ kind: 'unverifiable' })
    expect(await verifier.verify([token], PATIENT)).toMatchObject({ kind: 'viewer' })
    expect(issuer.asked).toHaveLength(1)
  })

  it('that are being fetched do not hold up the end, as an issuer that hung once did for two seconds', async () => {
    issuer.delayMs = 3_600_000
    const keys = startKeys({ refreshMs: 1 })
    await eventually(() => issuer.asked.length > 0)
    const fetching = ask(keys, 'any').catch((error: Error) => error.name)
    const ended = keys[Symbol.asyncDispose]().then(() => 'ended')
    expect(await Promise.race([ended, sleep(1000, 'held up')])).toBe('ended')
    expect(await fetching).toBe('IssuerKeysUnavailableError')
  })

  it('are refreshed, so that a withdrawn one is believed no more', async () => {
    await using keys = startKeys({ refreshMs: 10, cooldownMs: 60_000 })
    expect(await ask(keys, issuer.key.publicJwk.kid)).toBe('known')
    const generation = keys.generation()
    issuer.published = [(await createKey()).publicJwk]
    await eventually(async () => (await ask(keys, issuer.key.publicJwk.kid)) === 'unknown')
    expect(keys.generation()).toBeGreaterThan(generation)
  })

  it('that were withdrawn take belief from tokens that were believed before', async () => {
    await using verifier = startVerifier({ refreshMs: 10, cooldownMs: 60_000 })
    const token = await bearer(issuer.key)
    expect(await verifier.verify([token], PATIENT)).toMatchObject({ kind: 'viewer' })
    const next = await createKey()
    issuer.published = [next.publicJwk]
    await eventually(async () => (await verifier.verify([token], PATIENT)).kind === 'invalid')
    expect(await verifier.verify([await bearer(next)], PATIENT)).toMatchObject({ kind: 'viewer' })
  })

  it('of two are not guessed: a token has to name one of them', async () => {
    issuer.published.push((await createKey()).publicJwk)
    await using verifier = startVerifier()
    expect(await verifier.verify([await bearer(issuer.key, { header: { kid: undefined } })], PATIENT)).toMatchObject({
      kind: 'invalid',
    })
  })

  it('are not fetched from where a redirect leads', async () => {
    issuer.redirects = true
    await using verifier = startVerifier()
    expect(await verifier.verify([await bearer(issuer.key)], PATIENT)).toEqual({ kind: 'unverifiable' })
    expect(issuer.asked).toEqual(['/jwks.json'])
  })

  it.each([
    ['a secret', { kty: 'oct', k: 'c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0', kid: 'secret' }],
    ['too much', { kty: 'OKP', kid: 'x'.repeat(1024 * 1024) }],
  ])('are nothing when they hold %s', async (_, key) => {
    issuer.published = [key]
    await using verifier = startVerifier()
    const { kind } = await verifier.verify([await bearer(issuer.key)], PATIENT)
    expect(kind).not.toBe('viewer')
  })
})

describe('an issuer that is found by OIDC discovery', () => {
  const discover = (changes: { issuer?: string } = {}) =>
    createTokenVerifier(trustIn(undefined, { issuer: issuer.origin, ...changes }), { log })
  const token = (iss = issuer.origin) => bearer(issuer.key, { claims: { iss } })

  it('is asked where its keys are', async () => {
    await using verifier = discover()
    expect(await verifier.verify([await token()], PATIENT)).toMatchObject({ viewer: { id: 'someone' } })
    expect(issuer.asked).toEqual(['/.well-known/openid-configuration', '/jwks.json'])
  })

  it('may have a path, and a slash at its end', async () => {
    const id = `${issuer.origin}/realms/shop/`
    issuer.discovery = { issuer: id }
    await using verifier = discover({ issuer: id })
    expect(await verifier.verify([await token(id)], PATIENT)).toMatchObject({ kind: 'viewer' })
    expect(issuer.asked[0]).toBe('/realms/shop/.well-known/openid-configuration')
    expect(await verifier.verify([await token(id.slice(0, -1))], PATIENT)).toMatchObject({ kind: 'invalid' })
  })

  it.each([
    ['speaks for another issuer', { issuer: 'https://elsewhere.test' }],
    ['names no keys', { jwks_uri: undefined }],
    ['leads to a file', { jwks_uri: 'file:///etc/keys.json' }],
  ])('is not believed when its document %s', async (_, discovery) => {
    issuer.discovery = discovery
    await using verifier = discover()
    expect(await verifier.verify([await token()], PATIENT)).toEqual({ kind: 'unverifiable' })
    expect(issuer.asked).not.toContain('/jwks.json')
  })

  it('keeps to https when it is at an https address itself', () => {
    const keysAt = (jwks_uri: string) => () => parseDiscoveryDocument({ issuer: ISSUER, jwks_uri }, ISSUER).href
    expect(keysAt('https://keys.test/jwks')()).toBe('https://keys.test/jwks')
    expect(keysAt('http://keys.test/jwks')).toThrow('over http')
  })
})

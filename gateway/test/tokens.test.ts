import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createLogger } from '@portico/service-kit/logger'
import { exportSPKI, importJWK } from 'jose'
import { createTokenVerifier, type TokenVerifier } from '../src/admission/tokens/verifier.ts'
import type { TokenAlgorithm } from '../src/config/tokens.ts'
import {
  bearer,
  createKey,
  inSeconds,
  startTokenIssuer,
  trustIn,
  type TokenIssuer,
  type TokenParts,
} from './token-issuer.ts'

const log = createLogger({ service: 'test', level: 'silent' })
const PATIENT = new AbortController().signal

describe('a bearer token', () => {
  let issuer: TokenIssuer
  let verifier: TokenVerifier
  let passed = 0
  beforeAll(async () => {
    issuer = await startTokenIssuer()
    verifier = createTokenVerifier(trustIn(issuer.jwksUrl), { log, now: () => Date.now() + passed })
  })
  afterAll(async () => {
    await verifier[Symbol.asyncDispose]()
    await issuer[Symbol.asyncDispose]()
  })
  const verify = async (parts: TokenParts = {}) => verifier.verify([await bearer(issuer.key, parts)], PATIENT)

  it('says who the viewer is and what they may do, the second time as the first', async () => {
    const token = await bearer(issuer.key)
    for (const _ of [1, 2]) {
      expect(await verifier.verify([token], PATIENT)).toEqual({
        kind: 'viewer',
        viewer: { kind: 'user', id: 'someone', roles: ['CUSTOMER'], scopes: ['a', 'b'], plan: 'PRO' },
      })
    }
    expect(await verifier.verify([], PATIENT)).toEqual({ kind: 'viewer', viewer: { kind: 'anonymous' } })
  })

  it.each<{ fault: string; parts: TokenParts }>([
    { fault: 'has expired', parts: { claims: { exp: inSeconds(-6) } } },
    { fault: 'never expires', parts: { claims: { exp: undefined } } },
    { fault: 'expires at no time', parts: { claims: { exp: 'tomorrow' } } },
    { fault: 'is not valid yet', parts: { claims: { nbf: inSeconds(60) } } },
    { fault: 'was issued in the future', parts: { claims: { iat: inSeconds(600) } } },
    { fault: 'was issued at no time', parts: { claims: { iat: 'now' } } },
    { fault: 'comes from another issuer', parts: { claims: { iss: 'https://elsewhere.test' } } },
    { fault: 'comes from no issuer', parts: { claims: { iss: undefined } } },
    { fault: 'is meant for someone else', parts: { claims: { aud: 'another' } } },
    { fault: 'is meant for nobody', parts: { claims: { aud: undefined } } },
    { fault: 'is no access token', parts: { header: { typ: 'JWT' } } },
    { fault: 'does not say what it is', parts: { header: { typ: undefined } } },
    { fault: 'names nobody', parts: { claims: { sub: '' } } },
    { fault: 'has no subject', parts: { claims: { sub: undefined } } },
    { fault: 'names someone by what no database keeps', parts: { claims: { sub: 'some\0one' } } },
    { fault: 'names someone by a number', parts: { claims: { sub: 7 } } },
    { fault: 'wants an extension to be understood', parts: { header: { crit: ['urn:unknown'], 'urn:unknown': true } } },
  ])('that $fault is invalid', async ({ parts }) => {
    expect(await verify(parts)).toEqual({ kind: 'invalid', reason: expect.any(String) })
  })

  it('is believed for five seconds more, since clocks differ', async () => {
    expect(await verify({ claims: { exp: inSeconds(-3) } })).toMatchObject({ kind: 'viewer' })
    expect(await verify({ claims: { nbf: inSeconds(3) } })).toMatchObject({ kind: 'viewer' })
    expect(await verify({ claims: { iat: inSeconds(3) } })).toMatchObject({ kind: 'viewer' })
  })

  it('is believed no longer than it says, though it was believed before', async () => {
    const token = await bearer(issuer.key, { claims: { exp: inSeconds(60) } })
    const later = async (seconds: number) => {
      passed = seconds * 1000
      try {
        return (await verifier.verify([token], PATIENT)).kind
      } finally {
        passed = 0
      }
    }
    expect([await later(0), await later(55), await later(66)]).toEqual(['viewer', 'viewer', 'invalid'])
  })

  it('may leave out when it was issued', async () => {
    expect(await verify({ claims: { iat: undefined } })).toMatchObject({ kind: 'viewer' })
  })

  it('may be meant for others as well', async () => {
    expect(await verify({ claims: { aud: ['another', 'portico'] } })).toMatchObject({ kind: 'viewer' })
  })

  it('is believed without the name of a key as long as there is one key', async () => {
    expect(await verify({ header: { kid: undefined } })).toMatchObject({ kind: 'viewer' })
  })

  it('that anyone can make is invalid: unsigned, or signed with what is public', async () => {
    const token = (await bearer(issuer.key)).replace('Bearer ', '')
    const [, payload = '', signature = ''] = token.split('.')
    const header = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const unsigned = header({ alg: 'none', typ: 'at+jwt' })
    const { kid } = issuer.key.publicJwk
    const publicKey = await importJWK(issuer.key.publicJwk, 'EdDSA', { extractable: true })
    const pem = 'algorithm' in publicKey ? await exportSPKI(publicKey) : ''
    const secrets = [pem, issuer.key.publicJwk.x ?? '', JSON.stringify(issuer.key.publicJwk)]
    const confused = await Promise.all(
      secrets.map((secret) =>
        bearer(issuer.key, { header: { alg: 'HS256', kid }, signWith: new TextEncoder().encode(secret.padEnd(32)) }),
      ),
    )
    for (const attempt of [
      `Bearer ${unsigned}.${payload}.`,
      `Bearer ${unsigned}.${payload}.${signature}`,
      `Bearer ${header({ alg: 'NONE', typ: 'at+jwt', kid })}.${payload}.${signature}`,
      ...confused,
    ]) {
      expect(await verifier.verify([attempt], PATIENT)).toMatchObject({ kind: 'invalid' })
    }
  })

  it('that brings a key of its own is invalid, and nobody fetches one for it', async () => {
    const forger = await createKey()
    await using theirs = await startTokenIssuer()
    theirs.published = [forger.publicJwk]
    const { kid } = issuer.key.publicJwk
    for (const header of [
      { kid, jwk: forger.publicJwk },
      { jwk: forger.publicJwk },
      { kid: forger.publicJwk.kid, jku: theirs.jwksUrl.href },
      { kid, x5u: theirs.jwksUrl.href },
      { kid: '../../etc/passwd' },
      { kid: '__proto__' },
    ]) {
      expect(await verifier.verify([await bearer(forger, { header })], PATIENT)).toMatchObject({ kind: 'invalid' })
    }
    expect(theirs.asked).toEqual([])
  })

  it('whose signature or content was touched is invalid, also after the genuine one was believed', async () => {
    const genuine = await bearer(issuer.key)
    expect(await verifier.verify([genuine], PATIENT)).toMatchObject({ kind: 'viewer' })
    const [header, , signature] = genuine.split('.')
    const payload = Buffer.from(JSON.stringify({ sub: 'admin', exp: inSeconds(300) })).toString('base64url')
    expect(await verifier.verify([`${header}.${payload}.${signature}`], PATIENT)).toMatchObject({ kind: 'invalid' })
    expect(await verifier.verify([genuine.slice(0, -4)], PATIENT)).toMatchObject({ kind: 'invalid' })
  })

  it.each([
    '',
    'Bearer',
    'Bearer ',
    'Basic dXNlcjpwYXNz',
    'Digest username="a"',
    'Bearer a.b',
    'Bearer a.b.c',
    'Bearer a.b.c d',
    'Bearer\ta.b.c',
    'a.b.c',
    `Bearer ${'a'.repeat(9000)}.b.c`,
    'Bearer a.b.c.d.e',
  ])('can not be %j', async (authorization) => {
    expect(await verifier.verify([authorization], PATIENT)).toMatchObject({ kind: 'invalid' })
  })

  it('is invalid beside another', async () => {
    const token = await bearer(issuer.key)
    expect(await verifier.verify([token, token], PATIENT)).toMatchObject({ kind: 'invalid' })
  })

  it('of an algorithm that is not configured is invalid, whatever keys the issuer has', async () => {
    const rsa = await createKey('RS256')
    issuer.published.push(rsa.publicJwk)
    expect(await verifier.verify([await bearer(rsa)], PATIENT)).toMatchObject({ kind: 'invalid', reason: /alg/ })
  })
})

describe('a bearer token of another algorithm', () => {
  it.each<TokenAlgorithm>(['RS256', 'PS256', 'ES256', 'ES384', 'Ed25519'])(
    'is believed when it is configured: %s',
    async (alg) => {
      await using issuer = await startTokenIssuer(alg)
      await using verifier = createTokenVerifier(trustIn(issuer.jwksUrl, { algorithms: [alg] }), { log })
      expect(await verifier.verify([await bearer(issuer.key)], PATIENT)).toMatchObject({ viewer: { id: 'someone' } })
    },
  )

  it('with the type of the issuer', async () => {
    await using issuer = await startTokenIssuer()
    await using any = createTokenVerifier(trustIn(issuer.jwksUrl, { type: undefined }), { log })
    await using jwt = createTokenVerifier(trustIn(issuer.jwksUrl, { type: 'JWT' }), { log })
    const [plain, access] = [await bearer(issuer.key, { header: { typ: 'JWT' } }), await bearer(issuer.key)]
    expect(await any.verify([plain], PATIENT)).toMatchObject({ kind: 'viewer' })
    expect(await any.verify([access], PATIENT)).toMatchObject({ kind: 'viewer' })
    expect(await jwt.verify([plain], PATIENT)).toMatchObject({ kind: 'viewer' })
    expect(await jwt.verify([access], PATIENT)).toMatchObject({ kind: 'invalid' })
  })
})

describe('without a configured issuer', () => {
  it('everyone is anonymous', async () => {
    await using verifier = createTokenVerifier(undefined, { log })
    expect(await verifier.verify(['Bearer a.b.c'], PATIENT)).toEqual({ kind: 'viewer', viewer: { kind: 'anonymous' } })
  })
})

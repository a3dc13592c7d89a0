import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createLogger } from '@portico/service-kit/logger'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose'
import { createIssuerKeys } from '../src/admission/issuer-keys.ts'
import { createTokenVerifier, type TokenVerifier } from '../src/admission/tokens.ts'

const log = createLogger({ service: 'test', level: 'silent' })
const ISSUER = 'https://issuer.test'
const AUDIENCE = 'portico'

interface Key {
  privateKey: CryptoKey
  publicJwk: JWK & { kid: string }
}

async function createKey(): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
  const jwk = await exportJWK(publicKey)
  return { privateKey, publicJwk: { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: 'EdDSA', use: 'sig' } }
}

interface TokenParts {
  typ?: string
  iss?: string
  aud?: string
  expiresIn?: number
  sub?: string
}

async function sign({ privateKey, publicJwk: { kid } }: Key, parts: TokenParts = {}): Promise<string> {
  const { typ = 'at+jwt', iss = ISSUER, aud = AUDIENCE, expiresIn = 300, sub = 'someone' } = parts
  const now = Math.floor(Date.now() / 1000)
  const token = await new SignJWT({ scope: 'a b', roles: ['CUSTOMER'], plan: 'PRO' })
    .setProtectedHeader({ alg: 'EdDSA', typ, kid })
    .setIssuer(iss)
    .setAudience(aud)
    .setSubject(sub)
    .setIssuedAt(now - 1000)
    .setExpirationTime(now + expiresIn)
    .sign(privateKey)
  return `Bearer ${token}`
}

/** An issuer whose keys, and whose being there at all, a test decides. */
let issuer: Server
let published: JWK[]
let isDown: boolean
let asked: number
let key: Key
let url: URL
let verifier: TokenVerifier
beforeEach(async () => {
  key = await createKey()
  published = [key.publicJwk]
  isDown = false
  asked = 0
  issuer = createServer((_, response) => {
    asked += 1
    if (isDown) response.writeHead(503).end()
    else response.end(JSON.stringify({ keys: published }))
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => issuer.once('listening', resolve))
  url = new URL(`http://127.0.0.1:${(issuer.address() as AddressInfo).port}/jwks.json`)
  verifier = createTokenVerifier({ jwksUrl: url, issuer: ISSUER, audience: AUDIENCE }, log)
})
afterEach(async () => {
  await verifier[Symbol.asyncDispose]()
  issuer.closeAllConnections()
  await new Promise((resolve) => issuer.close(resolve))
})

describe('a bearer token', () => {
  it('says who the viewer is and what they may do', async () => {
    expect(await verifier.verify(await sign(key))).toEqual({
      kind: 'viewer',
      viewer: { kind: 'user', id: 'someone', roles: ['CUSTOMER'], scopes: ['a', 'b'], plan: 'PRO' },
    })
    expect(await verifier.verify(undefined)).toEqual({ kind: 'viewer', viewer: { kind: 'anonymous' } })
  })

  it.each<[string, TokenParts]>([
    ['has expired', { expiresIn: -6 }],
    ['comes from another issuer', { iss: 'https://elsewhere.test' }],
    ['is meant for someone else', { aud: 'another' }],
    ['is no access token', { typ: 'JWT' }],
    ['names nobody', { sub: '' }],
    ['names someone by what no database keeps', { sub: 'some\0one' }],
  ])('that %s is invalid', async (_, parts) => {
    expect(await verifier.verify(await sign(key, parts))).toEqual({ kind: 'invalid' })
  })

  it('is believed for five seconds more, since clocks differ', async () => {
    expect(await verifier.verify(await sign(key, { expiresIn: -3 }))).toMatchObject({ kind: 'viewer' })
  })

  it.each(['', 'Bearer', 'Basic dXNlcjpwYXNz', 'Bearer a.b', 'Bearer a.b.c', 'Bearer a.b.c d'])(
    'can not be %j',
    async (authorization) => {
      expect(await verifier.verify(authorization)).toEqual({ kind: 'invalid' })
    },
  )
})

describe("the issuer's keys", () => {
  it('are asked for again when a token names one that is not known yet', async () => {
    await using keys = createIssuerKeys({ url, log, cooldownMs: 0 })
    const next = await createKey()
    const getKey = (kid: string) => keys.getKey({ alg: 'EdDSA', kid }, { payload: '', signature: '' })
    await getKey(key.publicJwk.kid)
    published = [key.publicJwk, next.publicJwk]
    expect(await getKey(next.publicJwk.kid)).toBeDefined()
    expect(asked).toBe(2)
  })

  it('are not asked for again by made-up names, whether the issuer answers or not', async () => {
    await verifier.verify(await sign(key))
    const forger = await createKey()
    for (const down of [false, true]) {
      isDown = down
      const replies = await Promise.all(
        Array.from({ length: 20 }, async (_, index) =>
          verifier.verify(await sign({ ...forger, publicJwk: { ...forger.publicJwk, kid: `made-up-${index}` } })),
        ),
      )
      expect(new Set(replies.map(({ kind }) => kind))).toEqual(new Set(['invalid']))
    }
    expect(asked).toBe(1)
  })

  it('stay in use while the issuer is down', async () => {
    await verifier.verify(await sign(key))
    isDown = true
    expect(await verifier.verify(await sign(key))).toMatchObject({ kind: 'viewer' })
  })

  it('leave a token unverifiable, and not invalid, until the issuer has answered once', async () => {
    isDown = true
    await using keys = createIssuerKeys({ url, log, cooldownMs: 0 })
    const getKey = () => keys.getKey({ alg: 'EdDSA', kid: key.publicJwk.kid }, { payload: '', signature: '' })
    await expect(getKey()).rejects.toMatchObject({ name: 'IssuerKeysUnavailableError' })
    expect(await verifier.verify(await sign(key))).toEqual({ kind: 'unverifiable' })
    isDown = false
    expect(await getKey()).toBeDefined()
  })

  it('are refreshed, so that a withdrawn one is believed no more', async () => {
    await using keys = createIssuerKeys({ url, log, refreshMs: 10, cooldownMs: 60_000 })
    const getKey = () => keys.getKey({ alg: 'EdDSA', kid: key.publicJwk.kid }, { payload: '', signature: '' })
    await getKey()
    published = [(await createKey()).publicJwk]
    const outcome = async () => {
      try {
        await getKey()
        return 'believed'
      } catch (error) {
        return (error as { code: string }).code
      }
    }
    while ((await outcome()) === 'believed') await new Promise((resolve) => setTimeout(resolve, 5))
    expect(await outcome()).toBe('ERR_JWKS_NO_MATCHING_KEY')
  })
})

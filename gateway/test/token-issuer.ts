import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose'
import type { TokenTrust } from '../src/config/tokens.ts'

export const ISSUER = 'https://issuer.test'
export const AUDIENCE = 'portico'

/** A key pair of an issuer. */
export interface IssuerKey {
  alg: string
  privateKey: CryptoKey
  publicJwk: JWK & { kid: string }
}

export async function createKey(alg = 'EdDSA'): Promise<IssuerKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  const jwk = await exportJWK(publicKey)
  return { alg, privateKey, publicJwk: { ...jwk, kid: await calculateJwkThumbprint(jwk), alg, use: 'sig' } }
}

/** How a token differs from a good one; what is undefined is left out. */
export interface TokenParts {
  header?: Record<string, unknown>
  claims?: Record<string, unknown>
  /** Signed with this instead of the key, such as bytes that everyone knows. */
  signWith?: CryptoKey | Uint8Array
}

/** Seconds since 1970, some of them from now. */
export const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds

/** The value of an `authorization` header with a token of this key. */
export async function bearer(key: IssuerKey, { header = {}, claims = {}, signWith }: TokenParts = {}): Promise<string> {
  const payload = {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: 'someone',
    iat: inSeconds(-1000),
    exp: inSeconds(300),
    scope: 'a b',
    roles: ['CUSTOMER'],
    plan: 'PRO',
    ...claims,
  }
  const { alg, publicJwk } = key
  const token = await new SignJWT(payload)
    .setProtectedHeader({ alg, typ: 'at+jwt', kid: publicJwk.kid, ...header })
    .sign(signWith ?? key.privateKey, { crit: { 'urn:unknown': true } })
  return `Bearer ${token}`
}

/** An issuer over HTTP, whose keys, and whose being there at all, a test decides. */
export interface TokenIssuer extends AsyncDisposable {
  /** Its address, without a slash at the end. */
  origin: string
  jwksUrl: URL
  key: IssuerKey
  published: JWK[]
  isDown: boolean
  /** Keeps each answer back this long. */
  delayMs: number
  /** What the discovery document says, beside or in place of the truth. */
  discovery: Record<string, unknown>
  /** Answers `/moved` in place of the keys. */
  redirects: boolean
  /** Paths that were asked for. */
  asked: string[]
}

export async function startTokenIssuer(alg = 'EdDSA'): Promise<TokenIssuer> {
  const key = await createKey(alg)
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    issuer.asked.push(path)
    setTimeout(() => {
      if (issuer.isDown) response.writeHead(503).end()
      else if (path.endsWith('/.well-known/openid-configuration')) {
        const document = { issuer: issuer.origin, jwks_uri: issuer.jwksUrl.href, ...issuer.discovery }
        response.end(JSON.stringify(document))
      } else if (issuer.redirects && path === '/jwks.json') response.writeHead(302, { location: '/moved' }).end()
      else response.end(JSON.stringify({ keys: issuer.published }))
    }, issuer.delayMs).unref()
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const issuer: TokenIssuer = {
    origin,
    jwksUrl: new URL('/jwks.json', origin),
    key,
    published: [key.publicJwk],
    asked: [],
    isDown: false,
    redirects: false,
    delayMs: 0,
    discovery: {},
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return issuer
}

/** What the gateway believes of our own users subgraph, at this address. */
export function trustIn(jwksUrl: URL | undefined, changes: Partial<TokenTrust> = {}): TokenTrust {
  return {
    issuer: ISSUER,
    jwksUrl,
    audience: AUDIENCE,
    algorithms: ['EdDSA'],
    type: 'at+jwt',
    clockSkewS: 5,
    claims: { id: ['sub'], scopes: ['scope'], roles: ['roles'], plan: ['plan'] },
    ...changes,
  }
}

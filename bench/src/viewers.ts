import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose'

/** People who are signed in, and what a gateway needs to believe it. */
export interface Viewers {
  /** Where the issuer's public key is. */
  jwksUrl: string
  /** With what the gateway signs what it tells subgraphs. */
  identityKeyFile: string
  /** The `authorization` header of somebody's requests. */
  authorizationOf(subject: string): Promise<string>
}

const LIFETIME_S = 24 * 3600

/** Makes keys and tokens as Portico's users subgraph does; the key set is served until this process ends. */
export async function createViewers(folder: string): Promise<Viewers> {
  const issuer = await createKey()
  const identity = await createKey()
  const identityKeyFile = join(folder, 'identity-key.json')
  writeFileSync(identityKeyFile, JSON.stringify(identity.privateJwk), { mode: 0o600 })

  const keySet = JSON.stringify({ keys: [issuer.publicJwk] })
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/json').end(keySet)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  server.unref()

  const jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`
  return {
    jwksUrl,
    identityKeyFile,
    async authorizationOf(subject) {
      const now = Math.floor(Date.now() / 1000)
      const token = await new SignJWT({ scope: 'orders:read users:read', roles: ['CUSTOMER'], plan: 'PRO' })
        .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: issuer.publicJwk.kid })
        .setIssuer('https://portico.local/users')
        .setAudience('portico')
        .setSubject(subject)
        .setIssuedAt(now)
        .setExpirationTime(now + LIFETIME_S)
        .sign(issuer.privateKey)
      return `Bearer ${token}`
    },
  }
}

async function createKey() {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { extractable: true })
  const publicJwk = await exportJWK(publicKey)
  const kid = await calculateJwkThumbprint(publicJwk)
  const about = { kid, alg: 'EdDSA', use: 'sig' }
  return {
    privateKey,
    publicJwk: { ...publicJwk, ...about },
    privateJwk: { ...(await exportJWK(privateKey)), ...about },
  }
}

import { GraphQLError } from 'graphql'
import type { JSONWebKeySet } from 'jose'
import { z } from 'zod'
import { ConfigError, readConfiguredFile } from './config.ts'
import { createEnvelopeVerifier, IDENTITY_HEADER } from './identity-envelope.ts'
import type { Trust } from './subgraph-config.ts'
import { ANONYMOUS, PLANS, type Viewer } from './viewer.ts'

/** Finds out on whose behalf a request comes, from its headers. */
export type Identify = (headers: Readonly<Record<string, string | string[] | undefined>>) => Promise<Viewer>

/** The header by which a developer plays a viewer when a subgraph runs alone. */
export const DEVELOPMENT_VIEWER_HEADER = 'x-portico-viewer'

/** Public keys only: `d` is the private half, which a subgraph must never hold. */
const publicKey = z
  .looseObject({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string() })
  .refine((key) => key['d'] === undefined)
const keySetShape = z.object({ keys: z.array(publicKey).min(1) })
const developmentViewer = z.object({
  id: z.string(),
  roles: z.array(z.string()).default([]),
  scopes: z.array(z.string()).default([]),
  plan: z.enum(PLANS).default('FREE'),
})

/**
 * How a subgraph tells whom it serves. Behind the gateway, a request without a valid identity envelope is refused with
 * 401 `UNTRUSTED_CALLER` and nothing is executed.
 *
 * @throws ConfigError when the key file is missing or holds something else.
 */
export async function loadIdentify(trust: Trust, audience: string): Promise<Identify> {
  if (trust.kind === 'anyone') return identifyDeveloper
  const verifier = createEnvelopeVerifier({ keys: await loadKeySet(trust.keysFile, 'GATEWAY_KEYS_FILE'), audience })
  return async (headers) => {
    const token = headers[IDENTITY_HEADER]
    const viewer = await verifier.verify(typeof token === 'string' ? token : undefined)
    if (viewer) return viewer
    throw new GraphQLError('This service answers only its gateway.', {
      extensions: { code: 'UNTRUSTED_CALLER', http: { status: 401 } },
    })
  }
}

async function identifyDeveloper(headers: Readonly<Record<string, string | string[] | undefined>>): Promise<Viewer> {
  const text = headers[DEVELOPMENT_VIEWER_HEADER]
  if (typeof text !== 'string') return ANONYMOUS
  try {
    return { kind: 'user', ...developmentViewer.parse(JSON.parse(text)) }
  } catch {
    throw new GraphQLError(`${DEVELOPMENT_VIEWER_HEADER} must be JSON such as {"id":"…","scopes":["orders:read"]}.`, {
      extensions: { code: 'BAD_REQUEST', http: { status: 400 } },
    })
  }
}

/**
 * Reads a JWK set of public Ed25519 keys, named by a variable.
 *
 * @throws ConfigError that names the variable, when the file is missing or holds something else, or a private key.
 */
export async function loadKeySet(file: string, variable: string): Promise<JSONWebKeySet> {
  const text = await readConfiguredFile(file, variable)
  try {
    return keySetShape.parse(JSON.parse(text))
  } catch {
    throw new ConfigError([`${variable}: ${file} is not a JWK set with Ed25519 public keys`])
  }
}

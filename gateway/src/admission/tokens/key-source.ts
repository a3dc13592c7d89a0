import type { JSONWebKeySet } from 'jose'
import { Agent, request } from 'undici'
import { z } from 'zod'
import { readBoundedBody } from '../../bounded-body.ts'
import type { TokenTrust } from '../../config/tokens.ts'
import { startDeadline } from '../../deadline.ts'

/** Where an issuer publishes its keys. Disposing it ends a fetch under way. */
export interface KeySource extends AsyncDisposable {
  /** What log lines call it. */
  address: string
  /** Fetches them. @throws Error that says what is wrong with the issuer's answer. */
  fetchKeys(): Promise<JSONWebKeySet>
}

/** One answer has to be there within this time. */
const TIMEOUT_MS = 2000
const LARGEST_ANSWER_BYTES = 1024 * 1024

const keySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) })
const discoveryDocument = z.object({ issuer: z.string(), jwks_uri: z.url({ protocol: /^https?$/ }) })

/** The JWK set (RFC 7517) of an issuer: at its address, or where its OpenID Connect discovery document says. */
export function createKeySource({ jwksUrl, issuer }: Pick<TokenTrust, 'jwksUrl' | 'issuer'>): KeySource {
  const agent = new Agent()
  const address = jwksUrl ?? discoveryAddress(issuer)
  // Discovered each time, so that an issuer may move its keys.
  const findKeySet = async () => jwksUrl ?? parseDiscoveryDocument(await fetchJson(address, agent), issuer)
  return {
    address: address.href,
    fetchKeys: async () => keySet.parse(await fetchJson(await findKeySet(), agent)),
    [Symbol.asyncDispose]: () => agent.destroy(),
  }
}

/** OpenID Connect Discovery 1.0, section 4: a slash at the end of the issuer is left out. */
function discoveryAddress(issuer: string): URL {
  return new URL(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)
}

/**
 * The address of an issuer's keys, from its discovery document. By section 4.3 one that speaks for another issuer must
 * not be used.
 *
 * @throws Error when it does, or leads from https to http.
 */
export function parseDiscoveryDocument(value: unknown, issuer: string): URL {
  const document = discoveryDocument.parse(value)
  if (document.issuer !== issuer) throw new Error('The discovery document is that of another issuer.')
  const jwksUri = new URL(document.jwks_uri)
  if (issuer.startsWith('https:') && jwksUri.protocol !== 'https:') {
    throw new Error('The discovery document of an https issuer leads to keys over http.')
  }
  return jwksUri
}

/** undici's `request` follows no redirects: whoever can redirect could otherwise bring keys of their own. */
async function fetchJson(url: URL, dispatcher: Agent): Promise<unknown> {
  using deadline = startDeadline({ withinMs: TIMEOUT_MS })
  const { statusCode, body } = await request(url, { signal: deadline.signal, dispatcher })
  const text = await readBoundedBody(body as AsyncIterable<Uint8Array>, LARGEST_ANSWER_BYTES)
  if (statusCode !== 200) throw new Error(`${url.href} answered ${statusCode}.`)
  if (text === undefined) throw new Error(`The answer of ${url.href} is too large.`)
  return JSON.parse(text)
}

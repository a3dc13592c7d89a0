import { commaList, httpUrl } from '@portico/service-kit/config'
import { z } from 'zod'

/** Whose access tokens are believed. */
export interface TokenTrust {
  jwksUrl: URL
  issuer: string
  audience: string
}

export interface TrustConfig {
  /** Undefined: everyone is anonymous. */
  tokens: TokenTrust | undefined
  /** Root fields that a client may call whatever its bearer token is worth. */
  tokenlessFields: ReadonlySet<string>
  /** Private JWK that signs the identity envelope; undefined: none is sent. */
  identityKeyFile: string | undefined
}

export const trustVariables = z.object({
  JWKS_URL: httpUrl().optional().describe('Public keys of access tokens; unset: everyone is anonymous.'),
  TOKEN_ISSUER: z.string().default('https://portico.local/users').describe('Expected `iss` of access tokens.'),
  TOKEN_AUDIENCE: z.string().default('portico').describe('Expected `aud` of access tokens.'),
  TOKENLESS_FIELDS: commaList()
    .default(['Mutation.signIn', 'Mutation.register', 'Mutation.refreshSession', 'Mutation.signOut'])
    .describe('Root fields that may be called with an invalid or expired bearer token.'),
  IDENTITY_KEY_FILE: z.string().optional().describe('Private Ed25519 JWK that signs the identity envelope.'),
})

export function toTrustConfig(env: z.infer<typeof trustVariables>): TrustConfig {
  return {
    tokens: env.JWKS_URL && { jwksUrl: env.JWKS_URL, issuer: env.TOKEN_ISSUER, audience: env.TOKEN_AUDIENCE },
    tokenlessFields: new Set(env.TOKENLESS_FIELDS),
    identityKeyFile: env.IDENTITY_KEY_FILE,
  }
}

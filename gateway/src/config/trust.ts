import { commaList, filePath } from '@portico/service-kit/config'
import { z } from 'zod'
import { propagationVariables, toHeaderPropagation, type HeaderPropagation } from './propagated-headers.ts'
import { tokenVariables, toTokenTrust, type TokenTrust } from './tokens.ts'

/** Who is believed, and what subgraphs are told of it. */
export interface TrustConfig {
  /** False: `@authenticated` and `@requiresScopes` mean nothing. */
  enforced: boolean
  /** Undefined: everyone is anonymous. */
  tokens: TokenTrust | undefined
  /** Root fields that a client may call whatever its bearer token is worth. */
  tokenlessFields: ReadonlySet<string>
  /** Private JWK that signs the identity envelope; undefined: none is sent. */
  identityKeyFile: string | undefined
  propagation: HeaderPropagation
}

export const trustVariables = z.object({
  ...tokenVariables.shape,
  TOKENLESS_FIELDS: commaList()
    .meta({ mustBe: '`Type.field,…`' })
    .default(['Mutation.signIn', 'Mutation.register', 'Mutation.refreshSession', 'Mutation.signOut'])
    .describe('Root fields that may be called with an invalid or expired bearer token.'),
  IDENTITY_KEY_FILE: filePath().optional().describe('Private Ed25519 JWK that signs the identity envelope.'),
  ...propagationVariables.shape,
})

export function toTrustConfig(env: z.infer<typeof trustVariables>): TrustConfig {
  return {
    enforced: true,
    tokens: toTokenTrust(env),
    tokenlessFields: new Set(env.TOKENLESS_FIELDS),
    identityKeyFile: env.IDENTITY_KEY_FILE,
    propagation: toHeaderPropagation(env),
  }
}

/** What a start should be told, whatever it is for. */
export function trustWarnings(env: z.infer<typeof trustVariables>): string[] {
  const warnings: string[] = []
  if (env.IDENTITY_KEY_FILE === undefined) {
    warnings.push('IDENTITY_KEY_FILE is not set: subgraphs are not told who the viewer is')
  }
  if (env.JWKS_URL === undefined && env.OIDC_ISSUER === undefined) {
    warnings.push('neither JWKS_URL nor OIDC_ISSUER is set: everyone is anonymous')
  }
  return warnings
}

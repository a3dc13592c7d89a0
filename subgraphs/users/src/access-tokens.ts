import { randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import type { TokenConfig } from './config.ts'
import type { User } from './generated/prisma/client.ts'
import { scopesOf } from './roles.ts'
import type { SigningKeys } from './signing-keys.ts'

export interface AccessToken {
  accessToken: string
  accessTokenExpiresAt: Date
}

/** Signs what a user may do for the next minutes: a JWT of RFC 9068 with `scope`, `roles` and `plan`. */
export async function signAccessToken(
  user: Pick<User, 'id' | 'role' | 'plan'>,
  { tokens, keys, now }: { tokens: TokenConfig; keys: SigningKeys; now: number },
): Promise<AccessToken> {
  const issuedAt = Math.floor(now / 1000)
  const expiresAt = issuedAt + tokens.accessLifetimeS
  const { kid, key } = keys.current()
  const accessToken = await new SignJWT({ scope: scopesOf(user.role).join(' '), roles: [user.role], plan: user.plan })
    .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid })
    .setIssuer(tokens.issuer)
    .setAudience(tokens.audience)
    .setSubject(user.id)
    .setJti(randomUUID())
    .setIssuedAt(issuedAt)
    .setExpirationTime(expiresAt)
    .sign(key)
  return { accessToken, accessTokenExpiresAt: new Date(expiresAt * 1000) }
}

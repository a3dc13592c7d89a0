import { createHash, createHmac, randomBytes } from 'node:crypto'
import { signAccessToken, type AccessToken } from './access-tokens.ts'
import type { TokenConfig } from './config.ts'
import type { Prisma, PrismaClient, User } from './generated/prisma/client.ts'
import type { SigningKeys } from './signing-keys.ts'

/** The GraphQL type `Session`. */
export interface Session extends AccessToken {
  __typename: 'Session'
  refreshToken: string
  refreshTokenExpiresAt: Date
}

/** A repeat within this time is taken for a client whose answer got lost. */
const REPEAT_WITHIN_MS = 10_000

export interface SessionsOptions {
  db: PrismaClient
  tokens: TokenConfig
  keys: SigningKeys
  now: () => number
}

export interface Sessions {
  /**
   * Opens a new family of refresh tokens, unless the user was changed since it was read: then undefined, so that a
   * sign-in that races with a change of password never outlives it.
   */
  open(user: User): Promise<Session | undefined>
  /** The next session of a refresh token's family; undefined when the token is worth nothing (any more). */
  refresh(refreshToken: string): Promise<Session | undefined>
  /** Ends the family of this token, if it has one. */
  end(refreshToken: string): Promise<void>
  /** Deletes what has expired. */
  prune(): Promise<void>
}

/**
 * Sessions: a family per sign-in, in which each refresh token can be exchanged once. Tokens are kept as hashes. The
 * successor of a token is derived from the token itself and a salt that is stored when it is rotated, so that a repeat
 * of a lost answer gets the same successor though no token is stored; any later reuse ends the family.
 */
export function createSessions({ db, tokens, keys, now }: SessionsOptions): Sessions {
  async function sessionOf(user: User, refreshToken: string, expiresAt: Date): Promise<Session> {
    const access = await signAccessToken(user, { tokens, keys, now: now() })
    return { __typename: 'Session', ...access, refreshToken, refreshTokenExpiresAt: expiresAt }
  }

  const expiry = () => new Date(now() + tokens.refreshLifetimeS * 1000)

  return {
    async open(user) {
      const refreshToken = randomBytes(32).toString('base64url')
      const expiresAt = expiry()
      const opened = await db.$transaction(async (tx) => {
        // Held until commit: a change of password, role or plan waits, and then ends this family too.
        const unchanged = await tx.$queryRaw<unknown[]>`
          SELECT 1 FROM "user"
          WHERE id = ${user.id}::uuid AND password_hash = ${user.passwordHash} AND role::text = ${user.role} AND plan::text = ${user.plan}
          FOR SHARE`
        if (unchanged.length === 0) return false
        await tx.sessionFamily.create({
          data: { userId: user.id, tokens: { create: { tokenHash: hashOf(refreshToken), expiresAt } } },
        })
        return true
      })
      return opened ? sessionOf(user, refreshToken, expiresAt) : undefined
    },

    async refresh(refreshToken) {
      const next = await db.$transaction(async (tx) => {
        const tokenHash = hashOf(refreshToken)
        await tx.$queryRaw`SELECT 1 FROM refresh_token WHERE token_hash = ${tokenHash} FOR UPDATE`
        const token = await tx.refreshToken.findUnique({
          where: { tokenHash },
          include: { family: { include: { user: true } } },
        })
        if (!token || token.family.endedAt || token.expiresAt.getTime() <= now()) return undefined
        const { user } = token.family
        if (!token.rotatedAt || !token.successorSalt) {
          const successorSalt = Uint8Array.from(randomBytes(16))
          const successor = successorOf(refreshToken, successorSalt)
          const expiresAt = expiry()
          await tx.refreshToken.update({ where: { tokenHash }, data: { rotatedAt: new Date(now()), successorSalt } })
          await tx.refreshToken.create({ data: { tokenHash: hashOf(successor), familyId: token.familyId, expiresAt } })
          return { user, refreshToken: successor, expiresAt }
        }
        const successor = successorOf(refreshToken, token.successorSalt)
        const known = await tx.refreshToken.findUnique({ where: { tokenHash: hashOf(successor) } })
        // A successor that was used itself has arrived: then this is no repeat of a lost answer, but a second user.
        if (known && !known.rotatedAt && now() - token.rotatedAt.getTime() <= REPEAT_WITHIN_MS) {
          return { user, refreshToken: successor, expiresAt: known.expiresAt }
        }
        await tx.sessionFamily.update({ where: { id: token.familyId }, data: { endedAt: new Date(now()) } })
        return undefined
      })
      return next && sessionOf(next.user, next.refreshToken, next.expiresAt)
    },

    async end(refreshToken) {
      const open = { endedAt: null, tokens: { some: { tokenHash: hashOf(refreshToken) } } }
      await db.sessionFamily.updateMany({ where: open, data: { endedAt: new Date(now()) } })
    },

    async prune() {
      await db.refreshToken.deleteMany({ where: { expiresAt: { lt: new Date(now()) } } })
      await db.sessionFamily.deleteMany({ where: { tokens: { none: {} } } })
    },
  }
}

/** Ends every session of a user, in the transaction that changes the password, role or plan. */
export async function endAllSessions(tx: Prisma.TransactionClient, userId: string, at: Date): Promise<void> {
  await tx.sessionFamily.updateMany({ where: { userId, endedAt: null }, data: { endedAt: at } })
}

function hashOf(token: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(createHash('sha256').update(token).digest())
}

function successorOf(token: string, salt: Uint8Array): string {
  return createHmac('sha256', token).update(salt).digest('base64url')
}

import { isId } from '@portico/service-kit/ids'
import { notFound, versionConflict, type ConflictError, type NotFoundError } from '@portico/service-kit/user-errors'
import type { Plan, PrismaClient, Role, User } from './generated/prisma/client.ts'
import { endAllSessions } from './sessions.ts'

export interface Administration {
  /** Changes a role or a plan, and ends the user's sessions, which carry the old ones. */
  change(
    userId: string,
    change: { role: Role } | { plan: Plan },
    expectedVersion: number,
  ): Promise<(User & { __typename: 'User' }) | NotFoundError | ConflictError>
}

/** What administrators do with other people's accounts. */
export function createAdministration(db: PrismaClient, now: () => number): Administration {
  return {
    async change(userId, change, expectedVersion) {
      if (!isId(userId)) return notFound('user')
      const user = await db.$transaction(async (tx) => {
        const [changed] = await tx.user.updateManyAndReturn({
          where: { id: userId, version: expectedVersion },
          data: { ...change, version: { increment: 1 } },
        })
        if (changed) await endAllSessions(tx, userId, new Date(now()))
        return changed
      })
      if (user) return { __typename: 'User', ...user }
      const current = await db.user.findUnique({ where: { id: userId } })
      return current ? versionConflict(current.version) : notFound('user')
    },
  }
}

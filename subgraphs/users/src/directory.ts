import { badUserInput } from '@portico/service-kit/errors'
import {
  createOrdering,
  idKey,
  instantKey,
  parsePage,
  toConnection,
  type Connection,
  type PageArguments,
} from '@portico/service-kit/pagination'
import { z } from 'zod'
import { emailKeyOf } from './emails.ts'
import type { Plan, Prisma, PrismaClient, Role, User } from './generated/prisma/client.ts'

export interface UserFilter {
  role?: Role | null | undefined
  plan?: Plan | null | undefined
  search?: string | null | undefined
}

export interface UserConnection extends Connection<User> {
  /** Counts only when it is selected. */
  totalCount: () => Promise<number>
}

const byNewest = createOrdering('users', z.tuple([instantKey, idKey]))

/** All users, newest first, for those who may read them. */
export async function listUsers(
  db: PrismaClient,
  args: PageArguments,
  filter: UserFilter | null | undefined,
): Promise<UserConnection> {
  const page = parsePage(args, byNewest)
  const where = whereOf(filter ?? {})
  const after = page.after && { createdAt: new Date(page.after[0]), id: page.after[1] }
  const rows = await db.user.findMany({
    where: after
      ? {
          AND: [
            where,
            { OR: [{ createdAt: { lt: after.createdAt } }, { createdAt: after.createdAt, id: { lt: after.id } }] },
          ],
        }
      : where,
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: page.limit + 1,
  })
  return {
    ...toConnection(rows, page, (user) => byNewest.encode([user.createdAt.toISOString(), user.id])),
    totalCount: () => db.user.count({ where }),
  }
}

function whereOf({ role, plan, search: given }: UserFilter): Prisma.UserWhereInput {
  const search = given?.replace(/\p{Cc}/gu, ' ').trim()
  if (search && search.length > 100) throw badUserInput('"search" must be at most 100 characters.', 'filter')
  // LIKE gives % and _ a meaning that people who search do not know of.
  const literal = (text: string) => text.replace(/[\\%_]/g, '\\$&')
  return {
    ...(role ? { role } : {}),
    ...(plan ? { plan } : {}),
    ...(search
      ? {
          OR: [
            { displayName: { contains: literal(search), mode: 'insensitive' } },
            { emailKey: { contains: literal(emailKeyOf(search)) } },
          ],
        }
      : {}),
  }
}

import { isId } from '@portico/service-kit/ids'
import DataLoader from 'dataloader'
import type { Address, PrismaClient, User } from './generated/prisma/client.ts'

export interface Loaders {
  user: DataLoader<string, User | null>
  addressesOf: DataLoader<string, Address[]>
}

/** One set per request: a page of users costs one statement per key, however long it is. */
export function createLoaders(db: PrismaClient): Loaders {
  return {
    user: new DataLoader(async (ids) => {
      const users = await db.user.findMany({ where: { id: { in: ids.filter(isId) } } })
      const byId = new Map(users.map((user) => [user.id, user]))
      return ids.map((id) => byId.get(id.toLowerCase()) ?? null)
    }),
    addressesOf: new DataLoader(async (userIds) => {
      const addresses = await db.address.findMany({
        where: { userId: { in: [...userIds] } },
        orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
      })
      const byUser = Map.groupBy(addresses, ({ userId }) => userId)
      return userIds.map((id) => byUser.get(id) ?? [])
    }),
  }
}

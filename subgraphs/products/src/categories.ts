import { isId } from '@portico/service-kit/ids'
import type { Category, Prisma, PrismaClient } from './generated/prisma/client.ts'

/** The order among the children of a category. */
export const SIBLINGS: Prisma.CategoryOrderByWithRelationInput[] = [{ position: 'asc' }, { name: 'asc' }, { id: 'asc' }]

/** All of them: first the ones without a parent, then the children of each, in their order. */
export function listCategories(db: PrismaClient): Promise<Category[]> {
  return db.category.findMany({ orderBy: [{ parentId: { sort: 'asc', nulls: 'first' } }, ...SIBLINGS] })
}

/** What is wrong with the category of a product that is to be written: nothing when it exists, or there is to be none. */
export async function categoryIssues(
  db: Prisma.TransactionClient,
  categoryId: string | null | undefined,
): Promise<{ path: string[]; message: string }[]> {
  if (categoryId == null) return []
  const exists = isId(categoryId) && (await db.category.count({ where: { id: categoryId } })) > 0
  return exists ? [] : [{ path: ['input', 'categoryId'], message: 'is no category' }]
}

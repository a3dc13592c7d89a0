import type { Books } from './books.ts'
import type { Ledger } from './ledger.ts'

/** All that the databases and the people know of an order, a variant or whatever else has this id. */
export function describeSubject(id: string, books: Books, ledger: Ledger): Record<string, unknown[]> {
  const known = Object.entries({ ...books, ...ledger }).map(
    ([name, rows]) => [name, (rows as unknown[]).filter((row) => JSON.stringify(row).includes(id))] as const,
  )
  return Object.fromEntries(known.filter(([, rows]) => rows.length > 0))
}

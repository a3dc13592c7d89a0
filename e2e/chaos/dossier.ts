import type { Books } from './books.ts'
import type { Ledger } from './ledger.ts'

/** All that the databases and the people know of an order, a variant or whatever else has this id. */
export function describeSubject(id: string, books: Books, ledger: Ledger): Record<string, unknown[]> {
  const { copy, catalogue, ...others } = books
  return {
    ...rowsAbout(id, 'books', others),
    ...rowsAbout(id, 'copy', copy),
    ...rowsAbout(id, 'catalogue', catalogue),
    ...rowsAbout(id, 'ledger', ledger),
  }
}

function rowsAbout(id: string, of: string, tables: object): Record<string, unknown[]> {
  const found = Object.entries(tables).map(([name, rows]: [string, unknown[]]) => {
    return [`${of}: ${name}`, rows.filter((row) => JSON.stringify(row).includes(id))] as const
  })
  return Object.fromEntries(found.filter(([, rows]) => rows.length > 0))
}

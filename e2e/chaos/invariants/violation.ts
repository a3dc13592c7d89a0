import type { Books } from '../books.ts'
import type { Ledger } from '../ledger.ts'

/** Something that must hold and does not. */
export interface Violation {
  /** What must hold, in words. */
  rule: string
  /** The id of the order, variant, event or key. */
  subject: string
  /** What is there instead. */
  detail: string
}

/** Looks at the databases, and at what people were told, and returns what does not hold. */
export type Invariant = (books: Books, ledger: Ledger) => Violation[]

/** The one row of each id. */
export function indexBy<Row>(rows: readonly Row[], keyOf: (row: Row) => string): Map<string, Row> {
  return new Map(rows.map((row) => [keyOf(row), row]))
}

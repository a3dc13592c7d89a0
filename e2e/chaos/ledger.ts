/** What the people of a run asked for, and what they were told. It is the only witness beside the databases. */
export interface Ledger {
  orders: OrderEntry[]
  steps: StepEntry[]
  adjustments: AdjustmentEntry[]
  productChanges: ProductChangeEntry[]
  /** Answers that should never be given, in words. */
  oddities: string[]
}

/** An order that a customer wants, under one idempotency key. */
export interface OrderEntry {
  customerId: string
  /** Kept as the second line of the address too, so that two orders of a key show whatever else is wrong. */
  key: string
  lines: readonly { variantId: string; quantity: number }[]
  /** The total that the customer insists on, as an amount in euros; a wrong one at times. */
  expectedTotal?: string | undefined
  /** How often it was asked for. */
  attempts: number
  /** The ids in the answers. */
  acknowledged: string[]
  /** Answered that nothing was placed, and why. */
  refused: string[]
  /** Nobody waits for an answer any more. */
  isSettled: boolean
}

/** A change of an order's status that was acknowledged. */
export interface StepEntry {
  orderId: string
  to: string
  version: number
}

/** A change of the stock on hand; its key is the reason, too. */
export interface AdjustmentEntry {
  key: string
  variantId: string
  delta: number
  attempts: number
  answer: 'acknowledged' | 'refused' | 'none'
}

/** A change of a product that was acknowledged with this version. */
export interface ProductChangeEntry {
  productId: string
  version: number
}

export function createLedger(): Ledger {
  return { orders: [], steps: [], adjustments: [], productChanges: [], oddities: [] }
}

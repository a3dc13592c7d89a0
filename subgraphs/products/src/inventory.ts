import type { Inventory as InventoryRecord } from './generated/prisma/client.ts'

export type StockStatus = 'IN_STOCK' | 'LOW' | 'OUT_OF_STOCK'

/** The stock of a variant at one moment. */
export interface Inventory {
  available: number
  status: StockStatus
  /** What orders hold; only for those who may read it. */
  reserved: number
  /** When it was read. */
  asOf: Date
}

/** The most pieces of a variant that can be available, held by orders and sold, in all: what a GraphQL Int and an INTEGER hold. */
export const MOST_STOCK = 2_147_483_647
/** The most available pieces that count as low. */
const LOW = 5

export function inventoryOf({ available, reserved }: InventoryRecord, asOf: Date): Inventory {
  const status = available === 0 ? 'OUT_OF_STOCK' : available <= LOW ? 'LOW' : 'IN_STOCK'
  return { available, status, reserved, asOf }
}

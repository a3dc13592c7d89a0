import { type CategoryRow, generateCatalogue, type ProductRow, type ProductVariantRow } from './catalogue.ts'
import { copyCatalogue, type CatalogueProductRow, type CatalogueVariantRow } from './catalogue-copy.ts'
import type { OrderEventRow } from './order-history.ts'
import { generateOrders, type OrderLineRow, type OrderRow } from './orders.ts'
import { createRandom } from './random.ts'
import {
  generateStock,
  type InventoryAdjustmentRow,
  type InventoryRow,
  type StockClaimRow,
  type StockReservationRow,
} from './stock.ts'
import { type AddressRow, generateAddresses, generateUsers, type UserRow } from './users.ts'

/**
 * The rows of each database by table, in an order in which they can be inserted. Names are those of the Prisma models'
 * fields; amounts are minor units.
 */
export interface DemoData {
  users: { user: UserRow[]; address: AddressRow[] }
  products: {
    category: CategoryRow[]
    product: ProductRow[]
    productVariant: ProductVariantRow[]
    inventory: InventoryRow[]
    inventoryAdjustment: InventoryAdjustmentRow[]
    stockReservation: StockReservationRow[]
    stockClaim: StockClaimRow[]
  }
  orders: {
    order: OrderRow[]
    orderLine: OrderLineRow[]
    orderEvent: OrderEventRow[]
    catalogueProduct: CatalogueProductRow[]
    catalogueVariant: CatalogueVariantRow[]
  }
}

/**
 * Makes up a shop with a year behind it: users with addresses, a catalogue, orders, and the stock that they leave. It
 * depends on the seed alone, ids and times included, so that the three databases fit together whenever each is loaded.
 */
export function generateDemoData(seed: string): DemoData {
  const random = createRandom(seed)
  const users = generateUsers(random.branch('users'))
  const addresses = generateAddresses(random.branch('addresses'), users)
  const catalogue = generateCatalogue(random.branch('catalogue'))
  const orders = generateOrders(random.branch('orders'), { users, addresses, catalogue })
  const copy = copyCatalogue(catalogue)
  const stock = generateStock(random.branch('stock'), { users, catalogue, orders })
  return {
    users: { user: users, address: addresses },
    products: {
      category: catalogue.categories,
      product: catalogue.products,
      productVariant: catalogue.variants,
      inventory: stock.inventories,
      inventoryAdjustment: stock.adjustments,
      stockReservation: stock.reservations,
      stockClaim: stock.claims,
    },
    orders: {
      order: orders.orders,
      orderLine: orders.lines,
      orderEvent: orders.events,
      catalogueProduct: copy.products,
      catalogueVariant: copy.variants,
    },
  }
}

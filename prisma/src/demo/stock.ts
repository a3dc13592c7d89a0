import { DEMO_DATE } from './calendar.ts'
import type { Catalogue, ProductVariantRow } from './catalogue.ts'
import type { OrderStatus } from './order-history.ts'
import type { Orders } from './orders.ts'
import type { Random } from './random.ts'
import type { UserRow } from './users.ts'
import { words } from './words.ts'

export interface InventoryRow {
  variantId: string
  available: number
  reserved: number
  sold: number
}

export interface InventoryAdjustmentRow {
  id: string
  variantId: string
  delta: number
  reason: string
  actorId: string
  createdAt: Date
}

export interface StockReservationRow {
  orderId: string
  variantId: string
  quantity: number
  state: ReservationState
  createdAt: Date
}

/** What became of an order's stock as a whole. */
export interface StockClaimRow {
  orderId: string
  state: ReservationState | 'REFUSED'
  createdAt: Date
}

type ReservationState = 'HELD' | 'SOLD' | 'RELEASED'

export interface Stock {
  inventories: InventoryRow[]
  adjustments: InventoryAdjustmentRow[]
  reservations: StockReservationRow[]
  claims: StockClaimRow[]
}

/** What the lines of an order became in the stock; a rejected order never held anything. */
const STATES: Readonly<Partial<Record<OrderStatus, ReservationState>>> = {
  PENDING: 'HELD',
  CONFIRMED: 'SOLD',
  SHIPPED: 'SOLD',
  DELIVERED: 'SOLD',
  CANCELLED: 'RELEASED',
}

const LOSSES = words('Damaged in the warehouse, Missing at stocktaking, Photographed for the shop')

/** The stock that the orders leave behind: available + reserved + sold is the sum of the adjustments of each variant. */
export function generateStock(
  random: Random,
  { users, catalogue, orders }: { users: readonly UserRow[]; catalogue: Catalogue; orders: Orders },
): Stock {
  const reservations = reserve(orders)
  const taken = Map.groupBy(reservations, ({ variantId }) => variantId)
  const createdAt = new Map(catalogue.products.map((product) => [product.id, product.createdAt]))
  const managers = users.filter(({ role }) => role === 'CATALOG_MANAGER').map(({ id }) => id)
  const stocked = catalogue.variants.map((variant) => {
    const inventory = takeStock(random, variant, taken.get(variant.id) ?? [])
    const since = createdAt.get(variant.productId) ?? DEMO_DATE
    return { inventory, adjustments: adjust(random, inventory, { since, managers }) }
  })
  return {
    inventories: stocked.map(({ inventory }) => inventory),
    adjustments: stocked.flatMap(({ adjustments }) => adjustments),
    reservations,
    claims: orders.orders.map(({ id, status, placedAt }) => {
      return { orderId: id, state: STATES[status] ?? 'REFUSED', createdAt: placedAt }
    }),
  }
}

function reserve({ orders, lines }: Orders): StockReservationRow[] {
  const orderOf = new Map(orders.map((order) => [order.id, order]))
  return lines.flatMap(({ orderId, variantId, quantity }) => {
    const order = orderOf.get(orderId)
    const state = order && STATES[order.status]
    return state ? [{ orderId, variantId, quantity, state, createdAt: order.placedAt }] : []
  })
}

function takeStock(
  random: Random,
  variant: ProductVariantRow,
  reservations: readonly StockReservationRow[],
): InventoryRow {
  const count = (state: ReservationState): number =>
    reservations.reduce((sum, reservation) => sum + (reservation.state === state ? reservation.quantity : 0), 0)
  const [reserved, sold] = [count('HELD'), count('SOLD')]
  const level = random.fraction()
  const isOut = level < 0.06 && reserved + sold > 0
  const available = isOut ? 0 : level < 0.16 ? random.integer(1, 5) : random.integer(6, 120)
  return { variantId: variant.id, available, reserved, sold }
}

/** How the stock came to be: its first delivery already held all that was sold since, so that none was ever below zero. */
function adjust(
  random: Random,
  { variantId, available, reserved, sold }: InventoryRow,
  { since, managers }: { since: Date; managers: readonly string[] },
): InventoryAdjustmentRow[] {
  const lost = random.chance(0.15) ? random.integer(1, 3) : 0
  const delivered = random.chance(0.3) ? random.integer(0, Math.max(0, available - 1)) : 0
  const first = available + reserved + sold + lost - delivered
  const by = (delta: number, reason: string, createdAt: Date): InventoryAdjustmentRow[] =>
    delta === 0 ? [] : [{ id: random.uuid(), variantId, delta, reason, actorId: random.pick(managers), createdAt }]
  return [
    ...by(first, 'First stock', since),
    ...by(delivered, 'Delivery', random.moment(since, DEMO_DATE)),
    ...by(-lost, random.pick(LOSSES), random.moment(since, DEMO_DATE)),
  ]
}

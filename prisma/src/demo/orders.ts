import { DEMO_LOGINS } from '../demo-logins.ts'
import { type BasketItem, createBaskets, weightOf } from './baskets.ts'
import { DEMO_DATE, daysBefore } from './calendar.ts'
import { type Catalogue, DEMO_CURRENCY } from './catalogue.ts'
import { generateHistory, type OrderEventRow, type OrderStatus } from './order-history.ts'
import type { Place } from './places.ts'
import type { Random } from './random.ts'
import { shippingPrice } from './shipping.ts'
import type { AddressRow, UserRow } from './users.ts'

export interface OrderRow extends Place {
  id: string
  number: string
  customerId: string
  status: OrderStatus
  statusReason: string | null
  currency: string
  subtotal: number
  shipping: number
  total: number
  recipient: string
  trackingNumber: string | null
  placedAt: Date
  version: number
}

export interface OrderLineRow {
  id: string
  orderId: string
  position: number
  variantId: string
  sku: string
  title: string
  quantity: number
  unitPrice: number
}

export interface Orders {
  orders: OrderRow[]
  lines: OrderLineRow[]
  events: OrderEventRow[]
}

export interface OrdersOptions {
  users: readonly UserRow[]
  addresses: readonly AddressRow[]
  catalogue: Catalogue
}

const ORDER_COUNT = 2_000

/** A year of orders, more and more of them. */
export function generateOrders(random: Random, { users, addresses, catalogue }: OrdersOptions): Orders {
  const addressesOf = Map.groupBy(addresses, ({ userId }) => userId)
  const staffIds = users.filter(({ role }) => role === 'SUPPORT' || role === 'ADMIN').map(({ id }) => id)
  const showcases = new Set(DEMO_LOGINS.filter(({ role }) => role === 'CUSTOMER').map(({ email }) => email))
  // The customers whom newcomers sign in as have more to show; staff buys, too.
  const customers = users.flatMap((user) => Array<UserRow>(showcases.has(user.email) ? 3 : 1).fill(user))
  const fillBasket = createBaskets(random, catalogue)
  const numbers = new Set<string>()

  const all: Orders = { orders: [], lines: [], events: [] }
  for (let index = 0; index < ORDER_COUNT; index += 1) {
    const placedAt = daysBefore(DEMO_DATE, 365 * random.fraction() ** 1.6)
    const customer = pickOlder(random, customers, placedAt)
    const address = pickOlder(random, addressesOf.get(customer.id) ?? [], placedAt)
    const order = { id: random.uuid(), number: drawNumber(random, numbers), customerId: customer.id, placedAt }
    const basket = fillBasket(placedAt)
    const lines = basket.map((item, position) => createLine(random, item, { orderId: order.id, position }))
    const events = generateHistory(random, { order, staffIds, scarceSku: random.pick(lines).sku })
    all.orders.push({ ...order, ...outcomeOf(random, events), ...sum(basket, address), ...destinationOf(address) })
    all.lines.push(...lines)
    all.events.push(...events)
  }
  return all
}

/** One of those that were there at the time, of whom there are some at any time. */
function pickOlder<Row extends { createdAt: Date }>(random: Random, rows: readonly Row[], time: Date): Row {
  for (;;) {
    const row = random.pick(rows)
    if (row.createdAt < time) return row
  }
}

/** Crockford's base 32: without I, L, O and U. */
const SYMBOLS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** A number such as "P-4F7K-22". */
function drawNumber(random: Random, taken: Set<string>): string {
  const symbols = Array.from({ length: 6 }, () => SYMBOLS.charAt(random.integer(0, SYMBOLS.length - 1))).join('')
  const number = `P-${symbols.slice(0, 4)}-${symbols.slice(4)}`
  if (taken.has(number)) return drawNumber(random, taken)
  taken.add(number)
  return number
}

function createLine(
  random: Random,
  { variant, quantity }: BasketItem,
  place: Pick<OrderLineRow, 'orderId' | 'position'>,
): OrderLineRow {
  const { id: variantId, sku, title, price: unitPrice } = variant
  return { id: random.uuid(), ...place, variantId, sku, title, quantity, unitPrice }
}

function outcomeOf(
  random: Random,
  events: readonly OrderEventRow[],
): Pick<OrderRow, 'status' | 'statusReason' | 'trackingNumber' | 'version'> {
  const last = events.at(-1)
  const wasShipped = events.some(({ toStatus }) => toStatus === 'SHIPPED')
  const trackingDigits = random.integer(0, 99_999_999_999).toString().padStart(11, '0')
  return {
    status: last?.toStatus ?? 'PENDING',
    statusReason: last?.reason ?? null,
    trackingNumber: wasShipped ? `JD0146${trackingDigits}` : null,
    version: events.length,
  }
}

function sum(
  basket: readonly BasketItem[],
  { countryCode }: AddressRow,
): Pick<OrderRow, 'currency' | 'subtotal' | 'shipping' | 'total'> {
  const subtotal = basket.reduce((total, { variant, quantity }) => total + quantity * variant.price, 0)
  const shipping = shippingPrice(countryCode, weightOf(basket))
  return { currency: DEMO_CURRENCY, subtotal, shipping, total: subtotal + shipping }
}

function destinationOf(address: AddressRow): Place & Pick<OrderRow, 'recipient'> {
  const { recipient, line1, line2, city, region, postalCode, countryCode } = address
  return { recipient, line1, line2, city, region, postalCode, countryCode }
}

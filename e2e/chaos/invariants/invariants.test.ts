import { describe, expect, it } from '@jest/globals'
import type { Books, InboxRow, OrderRow, OutboxRow } from '../books.ts'
import { otherThan } from '../event-wiring.ts'
import type { Ledger, OrderEntry } from '../ledger.ts'
import type { StoreName } from '../stores.ts'
import { allHold } from './all.ts'

interface RightWorld {
  books: Books
  ledger: Ledger
}

const SHIPPING = 490
const PRICE = 500
const LATER = Date.now() + 60_000

function orderOf(id: string, pieces: number, rest: Pick<OrderRow, 'status' | 'statusReason'>): OrderRow {
  const subtotal = pieces * PRICE
  const money = { subtotal, shipping: SHIPPING, total: subtotal + SHIPPING }
  return { id, customerId: 'customer', key: `key of ${id}`, version: 2, ...money, expiresAt: LATER, ...rest }
}

function entryOf(id: string, pieces: number): OrderEntry {
  const lines = [{ variantId: 'variant', quantity: pieces }]
  const answers = { attempts: 1, acknowledged: [id], refused: [], isSettled: true }
  return { customerId: 'customer', key: `key of ${id}`, lines, ...answers }
}

function eventsOf(store: StoreName, events: readonly [type: string, subject: string, data?: unknown][]): OutboxRow[] {
  return events.map(([type, subject, data = {}], position) => {
    const settled = { state: 'DONE', attempts: 1, lastError: null }
    return { store, position, id: `${type} of ${subject}`, type: `portico.${type}.v1`, subject, ...settled, data }
  })
}

function arrivalOf({ store, id, type, subject, state, attempts, lastError }: OutboxRow): InboxRow {
  const known = { id, type, subject, state, attempts, lastError, receivedAt: '' }
  return { ...known, store: otherThan(store), source: `/portico/${store}` }
}

/** One order each that was bought, refused and cancelled, and one that nobody placed. */
function rightWorld(): RightWorld {
  const pieces = { bought: 2, refused: 9, cancelled: 1 }
  const linesOf = (id: keyof typeof pieces) => ({ lines: [{ variantId: 'variant', quantity: pieces[id] }] })
  const outbox = [
    ...eventsOf('orders', [
      ['catalogue.requested', 'request'],
      ['order.placed', 'bought', linesOf('bought')],
      ['order.confirmed', 'bought'],
      ['order.placed', 'refused', linesOf('refused')],
      ['order.closed', 'refused'],
      ['order.placed', 'cancelled', linesOf('cancelled')],
      ['order.closed', 'cancelled'],
    ]),
    ...eventsOf('products', [
      ['catalogue.page', 'request', { products: [{ productId: 'product' }] }],
      ['stock.reserved', 'bought'],
      ['stock.rejected', 'refused'],
      ['stock.reserved', 'cancelled'],
    ]),
  ]
  const catalogue = () => ({
    products: [{ productId: 'product', version: 1 }],
    variants: [{ variantId: 'variant', productId: 'product', sku: 'SKU', title: 'T', price: '500', weightGrams: 1 }],
  })
  const outOfStock = 'Out of stock: SKU.'
  const orders = [
    orderOf('bought', pieces.bought, { status: 'CONFIRMED', statusReason: null }),
    orderOf('refused', pieces.refused, { status: 'REJECTED', statusReason: outOfStock }),
    orderOf('cancelled', pieces.cancelled, { status: 'CANCELLED', statusReason: 'Changed my mind' }),
  ]
  const books: Books = {
    orders,
    lines: Object.entries(pieces).map(([orderId, quantity]) => {
      return { orderId, variantId: 'variant', quantity, sku: 'SKU', unitPrice: PRICE }
    }),
    history: orders.flatMap(({ id, status, statusReason }) => {
      const byCustomer = { actor: 'CUSTOMER', actorId: 'customer' }
      const placed = { orderId: id, sequence: 1, from: null, to: 'PENDING', ...byCustomer, reason: null, at: 0 }
      const actor = status === 'CANCELLED' ? byCustomer : { actor: 'SYSTEM', actorId: null }
      return [placed, { orderId: id, sequence: 2, from: 'PENDING', to: status, ...actor, reason: statusReason, at: 1 }]
    }),
    keys: orders.map(({ id }) => ({ customerId: 'customer', key: `key of ${id}`, orderId: id })),
    copy: catalogue(),
    catalogue: catalogue(),
    inventory: [{ variantId: 'variant', available: 4, reserved: 0, sold: 2 }],
    adjustments: [
      { variantId: 'variant', delta: 5, reason: 'First stock' },
      { variantId: 'variant', delta: 1, reason: 'adjustment' },
    ],
    claims: [
      { orderId: 'bought', state: 'SOLD' },
      { orderId: 'refused', state: 'REFUSED' },
      { orderId: 'cancelled', state: 'RELEASED' },
    ],
    reservations: [
      { orderId: 'bought', variantId: 'variant', quantity: 2, state: 'SOLD' },
      { orderId: 'cancelled', variantId: 'variant', quantity: 1, state: 'RELEASED' },
    ],
    outbox,
    inbox: outbox.map(arrivalOf),
    effects: [
      { store: 'orders', subject: 'product', attempts: 1 },
      { store: 'products', subject: 'bought', attempts: 1 },
      { store: 'products', subject: 'refused', attempts: 2 },
      { store: 'products', subject: 'cancelled', attempts: 2 },
    ],
  }
  const nobody = { ...entryOf('nothing', 1), acknowledged: [], refused: ['PriceChangedError'] }
  const ledger: Ledger = {
    orders: [...orders.map(({ id }) => entryOf(id, pieces[id as keyof typeof pieces])), nobody],
    steps: [{ orderId: 'cancelled', to: 'CANCELLED', version: 2 }],
    adjustments: [
      { key: 'adjustment', variantId: 'variant', delta: 1, attempts: 2, answer: 'acknowledged' },
      { key: 'too much', variantId: 'variant', delta: -9, attempts: 1, answer: 'refused' },
    ],
    productChanges: [{ productId: 'product', version: 1 }],
    oddities: [],
  }
  return { books, ledger }
}

/** The one row that these words are in. */
function row<Row extends object>(rows: readonly Row[], ...words: readonly string[]): Row {
  const found = rows.find((one) => words.every((word) => JSON.stringify(one).includes(word)))
  if (!found) throw new Error(`There is no row of ${words.join(' and ')}.`)
  return found
}

/** Nobody ever heard of an event. */
function forget({ books }: RightWorld, id: string): void {
  books.outbox = books.outbox.filter((event) => event.id !== id)
  books.inbox = books.inbox.filter((event) => event.id !== id)
}

function attempt({ books }: RightWorld, subject: string, more: number): void {
  const effect = row(books.effects, subject)
  effect.attempts += more
  books.effects = books.effects.filter(({ attempts }) => attempts > 0)
}

function stock({ books }: RightWorld, change: Partial<Books['inventory'][number]>): void {
  Object.assign(row(books.inventory, 'variant'), change)
}

const WRONG: readonly [rule: string, change: (world: RightWorld) => void][] = [
  [
    'stock is never negative',
    (world) => {
      stock(world, { available: -1 })
      row(world.books.adjustments, 'First').delta = 0
    },
  ],
  ['available + reserved + sold = adjustments', (world) => stock(world, { available: 5 })],
  ['reserved = what orders hold', (world) => stock(world, { available: 3, reserved: 1 })],
  ['sold = lines of the orders that hold', (world) => stock(world, { available: 3, sold: 3 })],
  ['each claim has its order', ({ books }) => books.claims.push({ orderId: 'stranger', state: 'RELEASED' })],
  ['claims follow orders', ({ books }) => (row(books.claims, 'bought').state = 'RELEASED')],
  ['reservations follow claims', ({ books }) => (row(books.reservations, 'cancelled').state = 'SOLD')],
  ['histories are complete', ({ books }) => (row(books.orders, 'bought').version = 3)],
  ['every step is a legal one', ({ books }) => (row(books.history, 'CONFIRMED').actor = 'STAFF')],
  ['every step names who took it', ({ books }) => (row(books.history, 'bought').actorId = 'somebody')],
  ['every step names who took it', ({ books }) => (row(books.history, 'CONFIRMED').actorId = 'somebody')],
  ['who ends an order says why', ({ books }) => (row(books.history, 'REJECTED').reason = null)],
  [
    'orders are rejected for want of stock or of time',
    ({ books }) => {
      row(books.orders, 'REJECTED').statusReason = 'No.'
      row(books.history, 'REJECTED').reason = 'No.'
    },
  ],
  ['lines are as asked for', ({ ledger }) => (row(ledger.orders, 'bought').lines = [])],
  ['bills add up', ({ books }) => (row(books.orders, 'bought').subtotal += 1)],
  ['totals are as expected', ({ ledger }) => (row(ledger.orders, 'bought').expectedTotal = '0.01')],
  ['every event is sent', ({ books }) => (row(books.outbox, 'confirmed').state = 'PENDING')],
  [
    'every event that was sent arrived',
    ({ books }) => (books.inbox = books.inbox.filter(({ id }) => id !== 'order.confirmed of bought')),
  ],
  ['every event that arrived was handled', ({ books }) => (row(books.inbox, 'confirmed').state = 'DEAD')],
  ['events arrive as they were sent', ({ books }) => (row(books.inbox, 'confirmed').subject = 'refused')],
  [
    'every event that arrived was sent',
    ({ books }) => books.inbox.push({ ...row(books.inbox, 'confirmed'), id: 'made up' }),
  ],
  ['each event is handled once', (world) => attempt(world, 'bought', 1)],
  ['each event is handled once', (world) => attempt(world, 'product', -1)],
  [
    'every order asks for its stock',
    (world) => {
      forget(world, 'order.placed of bought')
      attempt(world, 'bought', -1)
    },
  ],
  ['who confirms says so', (world) => forget(world, 'order.confirmed of bought')],
  [
    'who closes says so',
    (world) => {
      forget(world, 'order.closed of refused')
      attempt(world, 'refused', -1)
    },
  ],
  [
    'stock is decided on once',
    ({ books }) => {
      const again = { ...row(books.outbox, 'stock.reserved', 'bought'), id: 'again' }
      books.outbox.push(again)
      books.inbox.push(arrivalOf(again))
    },
  ],
  ['orders ask for the stock of their lines', ({ books }) => (row(books.outbox, 'placed').data = { lines: [] })],
  ['each key has one answer', ({ ledger }) => row(ledger.orders, 'bought').acknowledged.push('another')],
  ['what was acknowledged is there', ({ ledger }) => (row(ledger.orders, 'bought').acknowledged = ['another'])],
  ['each key is kept with its order', ({ books }) => books.keys.pop()],
  [
    'what was refused is not there',
    ({ ledger }) => Object.assign(row(ledger.orders, 'bought'), { acknowledged: [], refused: ['no'] }),
  ],
  ['everyone gets an answer in the end', ({ ledger }) => (row(ledger.orders, 'nothing').isSettled = false)],
  ['each order was asked for', ({ ledger }) => ledger.orders.shift()],
  ['every acknowledged step is kept', ({ ledger }) => (row(ledger.steps, 'cancelled').version = 3)],
  ['adjustments are made once', ({ ledger }) => (row(ledger.adjustments, 'adjustment').key = 'lost')],
  [
    'adjustments are made once',
    ({ ledger }) => Object.assign(row(ledger.adjustments, 'adjustment'), { answer: 'refused', attempts: 1 }),
  ],
  ['answers are sound', ({ ledger }) => ledger.oddities.push('a step answered NotFoundError')],
  ["the orders' copy is the catalogue", ({ books }) => (row(books.copy.variants, 'SKU').price = '501')],
  ["the orders' copy is the catalogue", ({ books }) => books.copy.variants.pop()],
  [
    'every acknowledged change of a product is kept',
    ({ ledger }) => (row(ledger.productChanges, 'product').version = 2),
  ],
]

describe('what must hold after a run of the crash suite', () => {
  it('holds where all is right', () => {
    const { books, ledger } = rightWorld()
    expect(allHold(books, ledger)).toEqual([])
  })

  it('takes an order that is closed because its time is over for rightly rejected', () => {
    const { books, ledger } = rightWorld()
    const late = 'Stock was not confirmed in time.'
    Object.assign(row(books.orders, 'REJECTED'), { statusReason: late, expiresAt: 1 })
    row(books.history, 'REJECTED').reason = late
    expect(allHold(books, ledger)).toEqual([])
  })

  it.each(WRONG)('notices alone: %s', (rule, change) => {
    const world = rightWorld()
    change(world)
    expect([...new Set(allHold(world.books, world.ledger).map((violation) => violation.rule))]).toEqual([rule])
  })

  it('notices a second order of a key, and an order that nobody decided on', () => {
    const { books, ledger } = rightWorld()
    row(books.orders, 'cancelled').key = 'key of bought'
    row(books.orders, 'refused').status = 'PENDING'
    const rules = allHold(books, ledger).map(({ rule }) => rule)
    expect(rules).toEqual(expect.arrayContaining(['each key has at most one order', 'every order is decided']))
  })
})

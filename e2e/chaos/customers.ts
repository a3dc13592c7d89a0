import type { Random } from '@portico/database/demo/random'
import type { SignedInViewer } from '@portico/service-kit/viewer'
import { customer as asCustomer } from '@portico/testkit/viewers'
import type { ShopVariant } from './catalogue.ts'
import type { Ledger, OrderEntry } from './ledger.ts'
import { cancel } from './order-steps.ts'
import { pause } from './pause.ts'
import { NoAnswerError, type ShopClient } from './shop-client.ts'

/** What people of a run work with. */
export interface Shop {
  client: ShopClient
  ledger: Ledger
  variants: readonly ShopVariant[]
  random: Random
  /** Nobody begins anything new any more. */
  closing: AbortSignal
  /** Nobody waits for anything any more. */
  closed: AbortSignal
}

/** Orders, and now and then cancels, until the shop closes; what was begun is asked for until it is answered. */
export async function runCustomer(shop: Shop, thinkMs: number): Promise<void> {
  const { random, closing } = shop
  const viewer = asCustomer(random.uuid())
  while (!closing.aborted) {
    const entry = newOrder(shop, viewer.id)
    if (random.chance(0.2)) entry.expectedTotal = await quotedTotal(shop, viewer, entry)
    else if (random.chance(0.1)) entry.expectedTotal = IMPOSSIBLE_TOTAL
    // Both at once is what an impatient finger does.
    const asks = Array.from({ length: random.chance(0.1) ? 2 : 1 }, () => place(shop, viewer, entry))
    const answers = await Promise.all(asks)
    entry.isSettled = answers.every((isAnswered) => isAnswered)
    const [orderId] = entry.acknowledged
    if (orderId !== undefined && random.chance(0.25)) {
      await pause(random.integer(0, 200), closing)
      await cancel(shop, viewer, orderId)
    }
    await pause(random.integer(0, 2 * thinkMs), closing)
  }
}

/** Less than shipping alone. */
const IMPOSSIBLE_TOTAL = '0.01'

function newOrder({ random, ledger, variants }: Shop, customerId: string): OrderEntry {
  const wanted = random.shuffle(variants).slice(0, random.integer(1, 3))
  const lines = wanted.map(({ id }) => ({ variantId: id, quantity: random.integer(1, 4) }))
  const answers = { attempts: 0, acknowledged: [], refused: [], isSettled: false }
  const entry: OrderEntry = { customerId, key: random.uuid(), lines, ...answers }
  ledger.orders.push(entry)
  return entry
}

interface PlaceAnswer {
  placeOrder: { __typename: string; id?: string; message?: string }
}

/** Asks until there is an answer; false when the shop closed before. */
async function place(
  { client, closed, ledger, random }: Shop,
  viewer: SignedInViewer,
  entry: OrderEntry,
): Promise<boolean> {
  const { key, lines, expectedTotal } = entry
  const shippingAddress = { ...ADDRESS, line2: key }
  const input = { lines, shippingAddress, ...(expectedTotal === undefined ? {} : { expectedTotal }) }
  while (!closed.aborted) {
    entry.attempts += 1
    try {
      const operation = { query: PLACE, variables: { input, key } }
      const { placeOrder } = await client.ask<PlaceAnswer>('orders', viewer, operation)
      if (placeOrder.__typename === 'Order' && placeOrder.id !== undefined) entry.acknowledged.push(placeOrder.id)
      else if (REFUSALS.has(placeOrder.__typename)) entry.refused.push(placeOrder.message ?? placeOrder.__typename)
      else ledger.oddities.push(`key ${key}: placeOrder answered ${JSON.stringify(placeOrder)}`)
      return true
    } catch (error) {
      if (!(error instanceof NoAnswerError)) throw error
      await pause(random.integer(20, 400), closed)
    }
  }
  return false
}

async function quotedTotal({ client }: Shop, viewer: SignedInViewer, { lines }: OrderEntry) {
  try {
    const operation = { query: QUOTE, variables: { input: { lines, countryCode: ADDRESS.countryCode } } }
    const { quoteOrder } = await client.ask<{ quoteOrder: { total?: { amount: string } } }>('orders', viewer, operation)
    return quoteOrder.total?.amount
  } catch (error) {
    if (error instanceof NoAnswerError) return undefined
    throw error
  }
}

const REFUSALS = new Set(['ValidationError', 'PriceChangedError'])
const ADDRESS = {
  recipient: 'A Customer',
  line1: 'Long Lane 1',
  city: 'Berlin',
  postalCode: '10115',
  countryCode: 'DE',
}

const PLACE = `mutation ($input: PlaceOrderInput!, $key: String!) {
  placeOrder(input: $input, idempotencyKey: $key) {
    __typename
    ... on Order { id }
    ... on UserError { message }
  }
}`
const QUOTE = `query ($input: QuoteOrderInput!) { quoteOrder(input: $input) { ... on OrderQuote { total { amount } } } }`

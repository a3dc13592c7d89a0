import { randomUUID } from 'node:crypto'
import { cataloguePage, productChanged, type ProductData } from '@portico/events/contract'
import type { SignedInViewer } from '@portico/service-kit/viewer'
import { startEventPeer, type EventPeer } from '@portico/testkit/event-peer'
import { eventually } from '@portico/testkit/eventually'
import { startTestSubgraph, type TestSubgraph } from '@portico/testkit/test-subgraph'
import { customer } from '@portico/testkit/viewers'
import { startOrders } from '../src/server.ts'

/** The orders subgraph with a clock that the test sets, and products played by the test. */
export interface PlacingShop extends TestSubgraph {
  clock: { now: number }
  products: EventPeer
  /** Tells of a product with these variants, and returns when orders know it. */
  stockUp(product: ProductSpec): Promise<void>
  /** Tells a page of the catalogue, and returns when orders have taken it. */
  tellPage(page: PageSpec): Promise<void>
  quote(lines: readonly Line[], countryCode?: string): Promise<QuoteAnswer>
  place(order: OrderSpec): Promise<PlaceAnswer>
  cancel(
    viewer: SignedInViewer,
    request: { id: string; expectedVersion: number; reason?: string },
  ): Promise<CancelAnswer>
  read(id: string): Promise<OrderAnswer>
  /** Resolves when the order has this status. */
  untilStatus(id: string, status: string): Promise<OrderAnswer>
}

export interface ProductSpec {
  productId?: string
  version?: number
  status?: 'DRAFT' | 'ACTIVE' | 'ARCHIVED'
  title?: string
  variants: { id: string; sku?: string; title?: string; price?: string; currency?: string; weightGrams?: number }[]
}

export interface PageSpec {
  requestId?: string
  after?: string | null
  upTo?: string | null
  products: ProductSpec[]
}

export interface Line {
  variantId: string
  quantity: number
}

export interface OrderSpec {
  lines: readonly Line[]
  viewer?: SignedInViewer
  key?: string
  expectedTotal?: string | null
  address?: Record<string, unknown>
}

interface UserErrorAnswer {
  code?: string
  message?: string
  issues?: { path: string[]; message: string }[]
}

export interface QuoteAnswer extends UserErrorAnswer {
  __typename: string
  lines?: {
    sku: string
    title: string
    quantity: number
    unitPrice: Amount
    lineTotal: Amount
    variant: { id: string }
  }[]
  subtotal?: Amount
  shipping?: Amount
  total?: Amount
}

interface Amount {
  amount: string
}

export interface OrderAnswer extends UserErrorAnswer {
  __typename: string
  id: string
  number: string
  status: string
  statusReason: string | null
  version: number
  total: Amount
  lines: { sku: string; quantity: number }[]
  shippingAddress: Record<string, unknown>
  history: { from: string | null; to: string; actor: string; reason: string | null }[]
}

export interface PlaceAnswer extends OrderAnswer {
  currentTotal?: Amount
}

export interface CancelAnswer extends OrderAnswer {
  currentVersion?: number
  from?: string
  to?: string
}

export const ADDRESS = {
  recipient: 'Ada Lovelace',
  line1: 'Long Lane 1',
  city: 'Berlin',
  postalCode: '10115',
  countryCode: 'DE',
}

const ERRORS = `
  ... on UserError { code message }
  ... on ValidationError { issues { path message } }`
const ORDER = `
  ... on Order {
    id number status statusReason version total { amount } lines { sku quantity }
    shippingAddress { recipient line1 line2 city region postalCode countryCode }
    history { from to actor reason }
  }`

export async function startPlacingShop(): Promise<PlacingShop> {
  await using stack = new AsyncDisposableStack()
  const clock = { now: Date.now() }
  const products = stack.use(await startEventPeer('products', 'orders'))
  const orders = stack.use(
    await startTestSubgraph('orders', (subgraph, dependencies) =>
      startOrders(
        { subgraph, events: products.config, shopCurrency: 'EUR', confirmWithinMs: 15 * 60_000 },
        { ...dependencies, now: () => clock.now },
      ),
    ),
  )
  products.connect(orders.url)

  async function ask<Answer>(field: string, query: string, variables: object, viewer?: SignedInViewer) {
    const { data, errors } = await orders.request<Record<string, Answer>>(query, { ...variables }, viewer)
    const answer = data[field]
    if (errors.length > 0 || answer == null) throw new Error(`${field}: ${JSON.stringify(errors)}`)
    return answer
  }
  const staff: SignedInViewer = { ...customer(), scopes: ['orders:read'] }
  const read = (id: string) =>
    ask<OrderAnswer>('order', `query ($id: ID!) { order(id: $id) { __typename ${ORDER} } }`, { id }, staff)

  const running = stack.move()
  return {
    ...orders,
    clock,
    products,
    async stockUp(product) {
      const data = toData(product)
      await products.tell(productChanged, data.productId, data)
    },
    async tellPage({ requestId = randomUUID(), after = null, upTo = null, products: list }) {
      await products.tell(cataloguePage, requestId, { requestId, after, upTo, products: list.map(toData) })
    },
    quote: (lines, countryCode = 'DE') =>
      ask(
        'quoteOrder',
        `query ($input: QuoteOrderInput!) { quoteOrder(input: $input) { __typename ${ERRORS} ... on OrderQuote {
          lines { sku title quantity unitPrice { amount } lineTotal { amount } variant { id } }
          subtotal { amount } shipping { amount } total { amount }
        } } }`,
        { input: { lines, countryCode } },
      ),
    place: ({ lines, viewer = customer(), key = randomUUID(), expectedTotal, address = ADDRESS }) =>
      ask(
        'placeOrder',
        `mutation ($input: PlaceOrderInput!, $key: String!) { placeOrder(input: $input, idempotencyKey: $key) {
          __typename ${ERRORS} ${ORDER} ... on PriceChangedError { currentTotal { amount } }
        } }`,
        { input: { lines, shippingAddress: address, expectedTotal }, key },
        viewer,
      ),
    cancel: (viewer, request) =>
      ask(
        'cancelOrder',
        `mutation ($id: ID!, $reason: String, $expectedVersion: Int!) {
          cancelOrder(id: $id, reason: $reason, expectedVersion: $expectedVersion) {
            __typename ${ERRORS} ${ORDER} ... on ConflictError { currentVersion } ... on InvalidTransitionError { from to }
          }
        }`,
        request,
        viewer,
      ),
    read,
    async untilStatus(id, status) {
      await eventually(async () => (await read(id)).status === status)
      return read(id)
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

function toData({
  productId = randomUUID(),
  version = 1,
  status = 'ACTIVE',
  title = 'Tent',
  variants,
}: ProductSpec): ProductData {
  return {
    productId,
    version,
    status,
    title,
    variants: variants.map((variant) => ({
      sku: `SKU-${variant.id.slice(0, 8)}`,
      title: 'Green',
      price: '1999',
      currency: 'EUR',
      weightGrams: 400,
      ...variant,
    })),
  }
}

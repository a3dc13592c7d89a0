import { randomUUID } from 'node:crypto'
import { orderPlaced } from '@portico/events/contract'
import type { Cause } from '@portico/events/event-type'
import { announce } from '@portico/events/outbox'
import { isUniqueViolation, retryConflicts } from '@portico/service-kit/database-errors'
import { idempotencyKey, writeOnce } from '@portico/service-kit/idempotency'
import { isId } from '@portico/service-kit/ids'
import { parseAmount, toMoney, type Money } from '@portico/service-kit/money'
import type { IdempotencyMismatchError } from '@portico/service-kit/user-errors'
import { line, validate, validationError, type ValidationError } from '@portico/service-kit/validation'
import type { SignedInViewer } from '@portico/service-kit/viewer'
import { z } from 'zod'
import type { Order, Prisma, PrismaClient } from './generated/prisma/client.ts'
import { drawOrderNumber } from './order-numbers.ts'
import { countryCode, quote, wantedLines, type Quote, type WantedLine } from './quotes.ts'

/** What customers ask for. */
export interface OrderRequest {
  input: {
    lines: readonly WantedLine[]
    shippingAddress: z.input<typeof shippingAddress>
    expectedTotal?: string | null | undefined
  }
  idempotencyKey: string
}

/** The lines cost something else than the customer saw; nothing was placed. */
export interface PriceChangedError {
  __typename: 'PriceChangedError'
  code: 'PRICE_CHANGED'
  message: string
  currentTotal: Money
}

type Placed = (Order & { __typename: 'Order' }) | ValidationError | PriceChangedError | IdempotencyMismatchError

/** What comes before an order is there. */
export interface Placement {
  /** What lines would cost now. */
  quote(input: {
    lines: readonly WantedLine[]
    countryCode: string
  }): Promise<(Quote & { __typename: 'OrderQuote' }) | ValidationError>
  /** Writes an order that stock has to confirm, once for each key of a viewer. */
  place(viewer: SignedInViewer, request: OrderRequest, cause?: Cause): Promise<Placed>
}

const shippingAddress = z.object({
  recipient: line(200),
  line1: line(200),
  line2: line(200).nullish(),
  city: line(100),
  region: line(100).nullish(),
  postalCode: line(20),
  countryCode,
})
const quoteRequest = z.object({ input: z.object({ lines: wantedLines, countryCode }) })

export interface PlacementOptions {
  /** ISO 4217. */
  currency: string
  /** Default the system's clock. */
  now?: (() => number) | undefined
  /** How long stock may take to confirm an order, in milliseconds; then it is rejected. */
  confirmWithinMs: number
}

/** Quotes and orders, all in the shop's currency. */
export function createPlacement(db: PrismaClient, options: PlacementOptions): Placement {
  const { currency, now = Date.now, confirmWithinMs } = options
  const orderRequest = z.object({
    input: z.object({ lines: wantedLines, shippingAddress, expectedTotal: totalIn(currency) }),
    idempotencyKey,
  })

  return {
    async quote(input) {
      const checked = validate(quoteRequest, { input })
      if (!checked.ok) return checked.error
      const { lines, countryCode: country } = checked.value.input
      const quoted = await quote(db, { lines, country, currency })
      return 'code' in quoted ? quoted : { __typename: 'OrderQuote', ...quoted }
    },

    async place(viewer, request, cause) {
      if (!isId(viewer.id)) return validationError([{ path: [], message: 'Your account is not one of this shop.' }])
      const checked = validate(orderRequest, request)
      if (!checked.ok) return checked.error
      const { lines, shippingAddress: address, expectedTotal } = checked.value.input
      const id = randomUUID()
      const write = {
        viewerId: viewer.id,
        key: checked.value.idempotencyKey,
        operation: 'placeOrder',
        input: request.input,
        resultId: id,
      }
      const outcome = await retryNumbers(() =>
        writeOnce(
          db,
          write,
          async (tx: Prisma.TransactionClient): Promise<PriceChangedError | ValidationError | undefined> => {
            const quoted = await quote(tx, { lines, country: address.countryCode, currency })
            if ('code' in quoted) return quoted
            if (expectedTotal !== undefined && expectedTotal !== quoted.total) return priceChanged(quoted)
            await insertOrder(tx, { id, quoted, customerId: viewer.id, address, cause, ...times() })
            return undefined
          },
        ),
      )
      if ('failure' in outcome) return outcome.failure
      const order = await db.order.findUniqueOrThrow({ where: { id: outcome.resultId } })
      return { __typename: 'Order', ...order }
    },
  }

  function times() {
    const placedAt = new Date(now())
    return { placedAt, expiresAt: new Date(placedAt.getTime() + confirmWithinMs) }
  }
}

/** An amount that a customer saw, in minor units; undefined when it is not told. */
function totalIn(currency: string) {
  return z
    .string()
    .nullish()
    .transform((amount, context): bigint | undefined => {
      if (amount == null) return undefined
      const minor = parseAmount(amount, currency)
      if (minor !== undefined) return minor
      context.addIssue({ code: 'custom', message: `must be an amount of ${currency}` })
      return z.NEVER
    })
}

function priceChanged({ total, currency }: Quote): PriceChangedError {
  return {
    __typename: 'PriceChangedError',
    code: 'PRICE_CHANGED',
    message: 'The total is not what was expected: prices or shipping have changed.',
    currentTotal: toMoney({ minor: total, currency }),
  }
}

interface NewOrder {
  id: string
  customerId: string
  quoted: Quote
  address: z.output<typeof shippingAddress>
  placedAt: Date
  expiresAt: Date
  cause: Cause | undefined
}

/** Writes an order with its lines, the first row of its history, and the event that asks for its stock. */
async function insertOrder(tx: Prisma.TransactionClient, order: NewOrder): Promise<void> {
  const { id, customerId, quoted, address, placedAt, expiresAt, cause } = order
  const { lines, currency, subtotal, shipping, total } = quoted
  const { line2 = null, region = null, ...place } = address
  const number = drawOrderNumber()
  await tx.order.createMany({
    data: { id, number, customerId, currency, subtotal, shipping, total, ...place, line2, region, placedAt, expiresAt },
  })
  await tx.orderLine.createMany({
    data: lines.map(({ variantId, sku, title, quantity, unitPrice }, position) => {
      return { orderId: id, position, variantId, sku, title, quantity, unitPrice }
    }),
  })
  await tx.orderEvent.createMany({
    data: { orderId: id, sequence: 1, at: placedAt, toStatus: 'PENDING', actor: 'CUSTOMER', actorId: customerId },
  })
  const wanted = lines.map(({ variantId, sku, quantity }) => ({ variantId, sku, quantity }))
  await announce(tx, { type: orderPlaced, subject: id, data: { orderId: id, lines: wanted }, cause })
}

const NUMBERS_TRIED = 5

/** Numbers are drawn at random: now and then one is taken. */
async function retryNumbers<Result>(write: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await retryConflicts(write)
    } catch (error) {
      if (tries === NUMBERS_TRIED || !isUniqueViolation(error, 'number')) throw error
    }
  }
}

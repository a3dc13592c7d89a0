import { z } from 'zod'
import type { EventType } from './event-type.ts'

/**
 * What the subgraphs tell each other. A change that a handler of before could not read is another version under another
 * name, and is sent beside the old one until nobody handles that any more; new optional fields are no such change.
 */

const id = z.uuid().toLowerCase()
const quantity = z.int().positive()
/** Minor units of a currency, as digits. */
const minorUnits = z.string().regex(/^\d{1,19}$/)
const currency = z.string().regex(/^[A-Z]{3}$/)

function define<Data>(name: string, schema: z.ZodType<Data>): EventType<Data> {
  return { name, schema }
}

const ofOrder = { orderId: id }

/** A customer ordered: stock is to be reserved, all lines or none. Each variant stands on one line. */
export const orderPlaced = define(
  'portico.order.placed.v1',
  z.object({
    ...ofOrder,
    lines: z
      .array(z.object({ variantId: id, sku: z.string(), quantity }))
      .min(1)
      .refine(
        (lines) => new Set(lines.map(({ variantId }) => variantId)).size === lines.length,
        'must have each variant once',
      ),
  }),
)
/** Stock is reserved, and the order holds: what it reserved is sold. */
export const orderConfirmed = define('portico.order.confirmed.v1', z.object(ofOrder))
/** The order ended before it was sent, rejected or cancelled: what it reserved or bought is available again. */
export const orderClosed = define(
  'portico.order.closed.v1',
  z.object({ ...ofOrder, status: z.enum(['REJECTED', 'CANCELLED']) }),
)
/** All lines of an order are reserved. */
export const stockReserved = define('portico.stock.reserved.v1', z.object(ofOrder))
/** No line of an order is reserved, since there are too few of these. */
export const stockRejected = define(
  'portico.stock.rejected.v1',
  z.object({ ...ofOrder, shortages: z.array(z.object({ sku: z.string(), wanted: quantity })).min(1) }),
)

const product = z.object({
  productId: id,
  version: z.int().positive(),
  status: z.enum(['DRAFT', 'ACTIVE', 'ARCHIVED']),
  title: z.string(),
  variants: z.array(
    z.object({
      id,
      sku: z.string(),
      title: z.string(),
      price: minorUnits,
      currency,
      weightGrams: z.int().positive(),
    }),
  ),
})
/** A product as others know it. */
export type ProductData = z.infer<typeof product>

/** A product as it is after a change: whoever knows a higher version of it knows better. */
export const productChanged = define('portico.product.changed.v1', product)

/** Where in the catalogue, which goes by the ids of products: behind this one, or from the start. */
const ofPage = { requestId: id, after: id.nullable() }

/** Someone fills a copy of the catalogue, and asks for a page of it. */
export const catalogueRequested = define(
  'portico.catalogue.requested.v1',
  // Those that were written before there were pages ask for the first.
  z.object({ ...ofPage, after: ofPage.after.default(null) }),
)
/** All products that there are behind `after`, up to and with `upTo`; to the end when that is null. */
export const cataloguePage = define(
  'portico.catalogue.page.v1',
  z.object({ ...ofPage, upTo: id.nullable(), products: z.array(product) }),
)

/** Who handles what. A kind of event that nobody handles needs no delivery. */
export const SUBSCRIPTIONS: Readonly<Record<string, readonly EventType[]>> = {
  orders: [stockReserved, stockRejected, productChanged, cataloguePage],
  products: [orderPlaced, orderConfirmed, orderClosed, catalogueRequested],
}

/** Who tells what: of everybody else it is not believed. */
export const PUBLICATIONS: Readonly<Record<string, readonly EventType[]>> = {
  orders: [orderPlaced, orderConfirmed, orderClosed, catalogueRequested],
  products: [stockReserved, stockRejected, productChanged, cataloguePage],
}

/** The subgraphs that handle events of this name. */
export function subscribersOf(typeName: string): readonly string[] {
  return Object.keys(SUBSCRIPTIONS).filter((name) => SUBSCRIPTIONS[name]?.some((type) => type.name === typeName))
}

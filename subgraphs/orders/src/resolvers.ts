import { causeOf } from '@portico/events/event-type'
import { signedIn } from '@portico/service-kit/authorization'
import { toMoney } from '@portico/service-kit/money'
import { exactlyOneOf } from '@portico/service-kit/pagination'
import { CurrencyCode, DateTime, Decimal } from '@portico/service-kit/scalars'
import { mayRead } from '@portico/service-kit/viewer'
import { cancelOrder } from './cancellation.ts'
import type { Resolvers } from './generated/graphql.ts'
import { listOrders, listOrdersOf } from './order-lists.ts'
import { findOrder } from './order-lookup.ts'
import { parseCountryCode, rateFor } from './shipping-rates.ts'

export const resolvers: Resolvers = {
  DateTime,
  Decimal,
  CurrencyCode,

  Query: {
    order: (_, args, context) => {
      const { name, value } = exactlyOneOf(args, ['id', 'number'])
      return findOrder(name === 'id' ? { id: value } : { number: value }, context)
    },
    orders: (_, args, { db }) => listOrders(db, args),
    quoteOrder: (_, { input }, { placement }) => placement.quote(input),
  },

  Mutation: {
    placeOrder: (_, request, context) => context.placement.place(signedIn(context.viewer), request, causeOf(context)),
    cancelOrder: (_, { id, ...request }, context) =>
      cancelOrder(context.db, signedIn(context.viewer), { ...request, orderId: id, cause: causeOf(context) }),
    shipOrder: (_, { id, ...shipment }, { fulfilment, viewer }) =>
      fulfilment.ship({ ...shipment, orderId: id, staffId: signedIn(viewer).id }),
    deliverOrder: (_, { id, expectedVersion }, { fulfilment, viewer }) =>
      fulfilment.deliver({ orderId: id, staffId: signedIn(viewer).id, expectedVersion }),
  },

  Order: {
    __resolveReference: (reference, context) => findOrder(reference, context),
    customer: ({ customerId }) => ({ id: customerId }),
    lines: (order, _, { loaders }) => loaders.linesOf.load(order),
    subtotal: ({ subtotal, currency }) => toMoney({ minor: subtotal, currency }),
    shipping: ({ shipping, currency }) => toMoney({ minor: shipping, currency }),
    total: ({ total, currency }) => toMoney({ minor: total, currency }),
    shippingAddress: (order) => order,
    history: ({ id }, _, { loaders }) => loaders.historyOf.load(id),
  },

  OrderLine: {
    unitPrice: ({ unitPrice, currency }) => toMoney({ minor: unitPrice, currency }),
    lineTotal: ({ unitPrice, quantity, currency }) => toMoney({ minor: unitPrice * BigInt(quantity), currency }),
    variant: ({ variantId }) => ({ id: variantId }),
  },

  OrderQuote: {
    subtotal: ({ subtotal, currency }) => toMoney({ minor: subtotal, currency }),
    shipping: ({ shipping, currency }) => toMoney({ minor: shipping, currency }),
    total: ({ total, currency }) => toMoney({ minor: total, currency }),
  },

  OrderQuoteLine: {
    unitPrice: ({ unitPrice, currency }) => toMoney({ minor: unitPrice, currency }),
    lineTotal: ({ unitPrice, quantity, currency }) => toMoney({ minor: unitPrice * BigInt(quantity), currency }),
    variant: ({ variantId }) => ({ id: variantId }),
  },

  OrderEvent: {
    from: ({ fromStatus }) => fromStatus,
    to: ({ toStatus }) => toStatus,
  },

  OrderConnection: {
    totalCount: (connection) => connection.totalCount(),
  },

  User: {
    orders: ({ id }, args, { viewer, loaders }) =>
      mayRead(viewer, id, 'orders:read') ? listOrdersOf(id, args, loaders) : null,
    lifetimeSpend: async ({ id }, _, { viewer, loaders }) =>
      mayRead(viewer, id, 'orders:read') ? toMoney(await loaders.lifetimeSpendOf.load(id)) : null,
  },

  ProductVariant: {
    shippingEstimate: async ({ weightGrams }, { countryCode }, { loaders }) => {
      const rates = await loaders.shippingRatesTo.load(parseCountryCode(countryCode))
      const rate = weightGrams == null ? undefined : rateFor(weightGrams, rates)
      return rate ? toMoney({ minor: rate.price, currency: rate.currency }) : null
    },
    unitsSold: ({ id }, _, { loaders }) => loaders.unitsSoldOf.load(id),
  },
}

import { isId } from '@portico/service-kit/ids'
import type { MinorMoney } from '@portico/service-kit/money'
import DataLoader from 'dataloader'
import type { Order, OrderEvent, PrismaClient, ShippingRate } from './generated/prisma/client.ts'
import { loadLines, type PricedLine } from './order-lines.ts'
import { countByStatus, loadPages, type CustomerPage, type StatusCount } from './order-lists.ts'
import { loadSpend, loadUnitsSold } from './sales.ts'
import { loadRates } from './shipping-rates.ts'

export type Loaders = {
  orderById: DataLoader<string, Order | null>
  /** By the number in its stored form. */
  orderByNumber: DataLoader<string, Order | null>
  linesOf: DataLoader<Pick<Order, 'id' | 'currency'>, PricedLine[], string>
  historyOf: DataLoader<string, OrderEvent[]>
  ordersOf: DataLoader<CustomerPage, Order[], string>
  orderCountsOf: DataLoader<string, StatusCount[]>
  lifetimeSpendOf: DataLoader<string, MinorMoney>
  unitsSoldOf: DataLoader<string, number>
  shippingRatesTo: DataLoader<string, ShippingRate[]>
}

/** One set per request: a page of anything costs one statement per loader, however long it is. */
export function createLoaders(db: PrismaClient, shopCurrency: string): Loaders {
  return {
    orderById: byId(async (ids) => {
      const orders = await db.order.findMany({ where: { id: { in: ids } } })
      return new Map(orders.map((order) => [order.id, order]))
    }, null),
    orderByNumber: new DataLoader(async (numbers) => {
      const orders = await db.order.findMany({ where: { number: { in: [...numbers] } } })
      const byNumber = new Map(orders.map((order) => [order.number, order]))
      return numbers.map((number) => byNumber.get(number) ?? null)
    }),
    linesOf: new DataLoader((orders) => loadLines(db, orders), { cacheKeyFn: ({ id }) => id }),
    historyOf: byId(async (ids) => {
      const events = await db.orderEvent.findMany({ where: { orderId: { in: ids } }, orderBy: { sequence: 'asc' } })
      return Map.groupBy(events, ({ orderId }) => orderId)
    }, []),
    ordersOf: new DataLoader((pages) => loadPages(db, pages), { cacheKeyFn: (page) => JSON.stringify(page) }),
    orderCountsOf: byId((ids) => countByStatus(db, ids), []),
    lifetimeSpendOf: byId((ids) => loadSpend(db, ids, shopCurrency), { minor: 0n, currency: shopCurrency }),
    unitsSoldOf: byId((ids) => loadUnitsSold(db, ids), 0),
    shippingRatesTo: new DataLoader((countryCodes) => loadRates(db, countryCodes)),
  }
}

/** Loads by ids as callers write them. A text that is no id has what an unknown id has. */
function byId<Value>(
  load: (ids: string[]) => Promise<Map<string, Value>>,
  ofUnknown: Value,
): DataLoader<string, Value> {
  return new DataLoader(async (ids) => {
    const found = await load(ids.filter(isId))
    return ids.map((id) => found.get(id.toLowerCase()) ?? ofUnknown)
  })
}

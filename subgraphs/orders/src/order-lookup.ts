import { mayRead, type Viewer } from '@portico/service-kit/viewer'
import type { Order } from './generated/prisma/client.ts'
import type { Loaders } from './loaders.ts'
import { normaliseOrderNumber } from './order-numbers.ts'

export type OrderKey = { id: string } | { number: string }

/** The order that has this key. One that the viewer may not read is one that is not there. */
export async function findOrder(
  key: OrderKey,
  { viewer, loaders }: { viewer: Viewer; loaders: Loaders },
): Promise<Order | null> {
  const order = 'id' in key ? await loaders.orderById.load(key.id) : await findByNumber(key.number, loaders)
  return order && mayRead(viewer, order.customerId, 'orders:read') ? order : null
}

async function findByNumber(text: string, loaders: Loaders): Promise<Order | null> {
  const number = normaliseOrderNumber(text)
  return number === undefined ? null : loaders.orderByNumber.load(number)
}

import { randomUUID } from 'node:crypto'
import type { CloudEvent } from '../src/cloud-event.ts'
import { orderConfirmed, stockReserved } from '../src/contract.ts'

/** An event of orders that products handles. */
export function confirmed(changes: Partial<CloudEvent> = {}): CloudEvent {
  const orderId = randomUUID()
  return {
    specversion: '1.0',
    id: randomUUID(),
    source: '/portico/orders',
    type: orderConfirmed.name,
    subject: orderId,
    time: '2026-01-02T03:04:05.678Z',
    datacontenttype: 'application/json',
    data: { orderId },
    ...changes,
  }
}

/** An event of products that orders handles. */
export function reserved(): CloudEvent {
  return confirmed({ source: '/portico/products', type: stockReserved.name })
}

import { actorOf } from '@portico/service-kit/ids'
import { validate, type ValidationError } from '@portico/service-kit/validation'
import { z } from 'zod'
import type { PrismaClient } from './generated/prisma/client.ts'
import { transition, type TransitionResult } from './order-transitions.ts'

/** Who moves which order on, from which version of it. */
export interface FulfilmentStep {
  orderId: string
  staffId: string
  expectedVersion: number
}

export interface Fulfilment {
  ship(step: FulfilmentStep & { trackingNumber: string }): Promise<TransitionResult | ValidationError>
  deliver(step: FulfilmentStep): Promise<TransitionResult>
}

const shipment = z.object({
  trackingNumber: z
    .string()
    .trim()
    .regex(/^[^\p{C}\p{Zl}\p{Zp}]{4,60}$/u, 'must be 4 to 60 printable characters'),
})

/** What staff do with a confirmed order: ship it, and note that it has arrived. */
export function createFulfilment(db: PrismaClient): Fulfilment {
  const byStaff = (staffId: string) => ({ actsAs: () => 'STAFF' as const, actorId: actorOf(staffId) })

  return {
    async ship({ orderId, staffId, expectedVersion, trackingNumber }) {
      const checked = validate(shipment, { trackingNumber })
      if (!checked.ok) return checked.error
      return transition(db, { orderId, to: 'SHIPPED', ...byStaff(staffId), expectedVersion, data: checked.value })
    },

    deliver: ({ orderId, staffId, expectedVersion }) =>
      transition(db, { orderId, to: 'DELIVERED', ...byStaff(staffId), expectedVersion }),
  }
}

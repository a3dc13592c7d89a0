import type { Cause } from '@portico/events/event-type'
import { actorOf } from '@portico/service-kit/ids'
import { line, validate, type ValidationError } from '@portico/service-kit/validation'
import { hasScopes, isUser, type SignedInViewer } from '@portico/service-kit/viewer'
import { z } from 'zod'
import type { PrismaClient } from './generated/prisma/client.ts'
import { transition, type TransitionResult } from './order-transitions.ts'

/** What order is to be cancelled, and why. */
export interface CancelRequest {
  orderId: string
  reason?: string | null | undefined
  expectedVersion: number
}

const reason = z.object({ reason: line(500).nullish() })

/**
 * Cancels an order that was not sent yet: the viewer's own, or anyone's for holders of `orders:fulfil`. To others it is
 * not there.
 */
export async function cancelOrder(
  db: PrismaClient,
  viewer: SignedInViewer,
  { orderId, expectedVersion, cause, ...texts }: CancelRequest & { cause?: Cause },
): Promise<TransitionResult | ValidationError> {
  const checked = validate(reason, texts)
  if (!checked.ok) return checked.error
  return transition(db, {
    orderId,
    to: 'CANCELLED',
    actsAs: ({ customerId }) =>
      isUser(viewer, customerId) ? 'CUSTOMER' : hasScopes(viewer, 'orders:fulfil') ? 'STAFF' : undefined,
    actorId: actorOf(viewer.id),
    expectedVersion,
    reason: checked.value.reason,
    cause,
  })
}

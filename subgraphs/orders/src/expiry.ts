import type { PrismaClient } from './generated/prisma/client.ts'
import { takeStep } from './order-transitions.ts'

const REASON = 'Stock was not confirmed in time.'
const BATCH = 100

/** Rejects the pending orders whose time to be confirmed is over. Orders alone decides that; what was reserved is released. */
export async function rejectExpired(db: PrismaClient, now: number): Promise<void> {
  for (;;) {
    const due = await db.order.findMany({
      where: { status: 'PENDING', expiresAt: { lt: new Date(now) } },
      orderBy: { placedAt: 'asc' },
      take: BATCH,
    })
    for (const order of due) {
      // Moved on by somebody else in this moment, it is no longer due.
      await db.$transaction((tx) =>
        takeStep(tx, order, { to: 'REJECTED', actor: 'SYSTEM', actorId: null, reason: REASON }),
      )
    }
    if (due.length < BATCH) return
  }
}

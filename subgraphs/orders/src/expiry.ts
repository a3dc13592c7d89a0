import { classifyDatabaseError } from '@portico/service-kit/database-errors'
import type { Logger } from '@portico/service-kit/logger'
import type { Order, PrismaClient } from './generated/prisma/client.ts'
import { settle } from './order-transitions.ts'

/** Why an order was rejected whose time to be confirmed was over. Orders alone decides that. */
export const EXPIRED = 'Stock was not confirmed in time.'

export function isExpired({ expiresAt }: Pick<Order, 'expiresAt'>, now: number): boolean {
  return expiresAt !== null && expiresAt.getTime() <= now
}

const BATCH = 100

export interface ExpiryOptions {
  now: number
  log: Logger
  /** No further order is looked at once it aborts. */
  signal?: AbortSignal | undefined
}

/**
 * Rejects the pending orders that are expired. What was reserved for them is released.
 *
 * @throws what the database throws while it is away.
 */
export async function rejectExpired(db: PrismaClient, { now, log, signal }: ExpiryOptions): Promise<void> {
  const failed: string[] = []
  for (;;) {
    // The status stands in the statement, as it does in the index.
    const due = await db.$queryRaw<{ id: string }[]>`
      SELECT id FROM "order" WHERE status = 'PENDING' AND expires_at <= ${new Date(now)} AND id <> ALL(${failed}::uuid[])
      ORDER BY expires_at LIMIT ${BATCH}`
    for (const { id } of due) {
      if (signal?.aborted) return
      try {
        await db.$transaction((tx) => settle(tx, id, () => ({ to: 'REJECTED', reason: EXPIRED })))
      } catch (err) {
        if (classifyDatabaseError(err)?.kind === 'unavailable') throw err
        // The others do not wait for it; the next run tries it again.
        log.warn({ err, order: id }, 'expired order not rejected')
        failed.push(id)
      }
    }
    if (due.length < BATCH) return
  }
}

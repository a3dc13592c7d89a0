import { orderClosed, orderConfirmed, orderPlaced, stockRejected, stockReserved } from '@portico/events/contract'
import { handler } from '@portico/events/inbox'
import { announce } from '@portico/events/outbox'
import { Prisma, type ClaimState } from './generated/prisma/client.ts'

type Tx = Prisma.TransactionClient

interface WantedLine {
  variantId: string
  sku: string
  quantity: number
}

/**
 * What orders hold of the stock. Each order has one claim, which goes from HELD to SOLD or RELEASED, or is REFUSED; its
 * row makes every event harmless that comes again, late, or before the one that it follows: an order that was closed
 * before it was heard of is RELEASED from the start.
 */
export const stockClaimHandlers = [
  handler(orderPlaced, async (tx: Tx, { orderId, lines }, cause) => {
    const isNew = await tx.$executeRaw`
      INSERT INTO stock_claim (order_id, state) VALUES (${orderId}::uuid, 'HELD') ON CONFLICT DO NOTHING`
    if (isNew === 0) return
    const shortages = await reserve(tx, orderId, lines)
    if (shortages.length === 0) {
      await announce(tx, { type: stockReserved, subject: orderId, data: { orderId }, cause })
      return
    }
    await tx.stockClaim.update({ where: { orderId }, data: { state: 'REFUSED' } })
    await announce(tx, { type: stockRejected, subject: orderId, data: { orderId, shortages }, cause })
  }),

  handler(orderConfirmed, async (tx: Tx, { orderId }) => {
    const { count } = await tx.stockClaim.updateMany({ where: { orderId, state: 'HELD' }, data: { state: 'SOLD' } })
    if (count > 0) return move(tx, orderId, { from: 'HELD', to: 'SOLD' })
    const claim = await tx.stockClaim.findUnique({ where: { orderId } })
    if (!claim) throw new Error(`Nothing is reserved for order ${orderId}: was the database restored from a backup?`)
  }),

  handler(orderClosed, async (tx: Tx, { orderId }) => {
    // Waits for the order's stock to be decided, if that is under way.
    const isUnheard = await tx.$executeRaw`
      INSERT INTO stock_claim (order_id, state) VALUES (${orderId}::uuid, 'RELEASED') ON CONFLICT DO NOTHING`
    if (isUnheard > 0) return
    const [claim] = await tx.$queryRaw<{ state: ClaimState }[]>`
      SELECT state::text AS state FROM stock_claim WHERE order_id = ${orderId}::uuid FOR UPDATE`
    if (claim?.state !== 'HELD' && claim?.state !== 'SOLD') return
    await tx.stockClaim.update({ where: { orderId }, data: { state: 'RELEASED' } })
    await move(tx, orderId, { from: claim.state, to: 'RELEASED' })
  }),
]

/** Reserves all lines or none, and returns those of which there is too little. */
async function reserve(
  tx: Tx,
  orderId: string,
  lines: readonly WantedLine[],
): Promise<{ sku: string; wanted: number }[]> {
  const inventories = await tx.$queryRaw<{ variantId: string; available: number }[]>`
    SELECT variant_id AS "variantId", available FROM inventory
    WHERE variant_id = ANY(${lines.map(({ variantId }) => variantId)}::uuid[])
    ORDER BY variant_id FOR UPDATE`
  const available = new Map(inventories.map((inventory) => [inventory.variantId, inventory.available]))
  const short = lines.filter(({ variantId, quantity }) => (available.get(variantId) ?? 0) < quantity)
  if (short.length > 0) return short.map(({ sku, quantity }) => ({ sku, wanted: quantity }))
  await tx.$executeRaw`
    WITH line AS (
      SELECT * FROM unnest(${lines.map(({ variantId }) => variantId)}::uuid[], ${lines.map(({ quantity }) => quantity)}::int[])
        AS line (variant_id, quantity)
    ), reservation AS (
      INSERT INTO stock_reservation (order_id, variant_id, quantity)
      SELECT ${orderId}::uuid, variant_id, quantity FROM line
    )
    UPDATE inventory SET available = available - line.quantity, reserved = reserved + line.quantity
    FROM line WHERE inventory.variant_id = line.variant_id`
  return []
}

/** Moves what an order holds from one part of the stock to another. */
async function move(
  tx: Tx,
  orderId: string,
  { from, to }: { from: 'HELD' | 'SOLD'; to: 'SOLD' | 'RELEASED' },
): Promise<void> {
  // All who touch several inventories lock them in the order of their ids first: none waits for another in a circle.
  await tx.$executeRaw`
    SELECT FROM inventory WHERE variant_id IN (SELECT variant_id FROM stock_reservation WHERE order_id = ${orderId}::uuid)
    ORDER BY variant_id FOR UPDATE`
  const source = Prisma.raw(from === 'HELD' ? 'reserved' : 'sold')
  const target = Prisma.raw(to === 'SOLD' ? 'sold' : 'available')
  await tx.$executeRaw`
    WITH moved AS (
      UPDATE stock_reservation SET state = ${to}::"ReservationState"
      WHERE order_id = ${orderId}::uuid RETURNING variant_id, quantity
    )
    UPDATE inventory SET ${source} = ${source} - moved.quantity, ${target} = ${target} + moved.quantity
    FROM moved WHERE inventory.variant_id = moved.variant_id`
}

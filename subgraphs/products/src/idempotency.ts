import { createHash } from 'node:crypto'
import { idempotencyMismatch, type IdempotencyMismatchError } from '@portico/service-kit/user-errors'
import { z } from 'zod'
import type { Prisma, PrismaClient } from './generated/prisma/client.ts'

/** How long a repeat is known for one. */
const KEPT_MS = 7 * 86_400_000

export const idempotencyKey = z
  .string()
  .min(1, 'must not be empty')
  .max(100, 'must be at most 100 characters')
  .regex(/^\P{Cc}*$/u, 'must not hold control characters')

export interface IdempotentWrite {
  viewerId: string
  key: string
  /** The name of the operation: a key stands for one use of one operation. */
  operation: string
  /** What the caller sent, as JSON can carry it. */
  input: unknown
  /** The id of what the write makes or changes. */
  resultId: string
}

/** The result of the write, the first time and each time again; or why there is none. */
export type Outcome<Failure> = { resultId: string } | { failure: Failure | IdempotencyMismatchError }

/**
 * Writes once for a viewer's key, however often and concurrently it is asked to. `write` runs in the transaction that
 * also keeps the key; it returns its failure, before it changes anything, to leave the key unused.
 */
export async function writeOnce<Failure>(
  db: PrismaClient,
  { viewerId, key, operation, input, resultId }: IdempotentWrite,
  write: (tx: Prisma.TransactionClient) => Promise<Failure | undefined>,
): Promise<Outcome<Failure>> {
  const inputHash = hashOf([operation, input])
  return db.$transaction(async (tx) => {
    // Waits for a concurrent use of the same key to end, and only then counts as a repeat or as the first.
    const { count } = await tx.idempotencyRecord.createMany({
      data: { viewerId, key, inputHash, resultId },
      skipDuplicates: true,
    })
    if (count === 0) {
      const known = await tx.idempotencyRecord.findUniqueOrThrow({ where: { viewerId_key: { viewerId, key } } })
      const same = Buffer.compare(known.inputHash, inputHash) === 0
      return same ? { resultId: known.resultId } : { failure: idempotencyMismatch() }
    }
    const failure = await write(tx)
    if (failure === undefined) return { resultId }
    await tx.idempotencyRecord.delete({ where: { viewerId_key: { viewerId, key } } })
    return { failure }
  })
}

/** Forgets the keys that are older than seven days. */
export async function pruneIdempotency(db: PrismaClient, now: number): Promise<void> {
  await db.idempotencyRecord.deleteMany({ where: { createdAt: { lt: new Date(now - KEPT_MS) } } })
}

function hashOf(value: unknown): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(createHash('sha256').update(canonicalJson(value)).digest())
}

/** JSON in which objects have their keys sorted, so that equal values have equal texts. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}

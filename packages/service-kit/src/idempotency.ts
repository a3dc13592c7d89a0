import { createHash } from 'node:crypto'
import { z } from 'zod'
import { DELETE_BATCH, deleteInBatches } from './delete-in-batches.ts'
import { idempotencyMismatch, type IdempotencyMismatchError } from './user-errors.ts'

/** How long a repeat is known for one. */
const KEPT_MS = 7 * 86_400_000

/** The key by which a caller makes a repeated write the same write. */
export const idempotencyKey = z
  .string()
  .min(1, 'must not be empty')
  .max(100, 'must be at most 100 characters')
  .regex(/^\P{Cc}*$/u, 'must not hold control characters')

/** As much of a generated Prisma client's transaction as is needed here. */
export interface IdempotencyTransaction {
  $queryRaw<Rows = unknown>(query: TemplateStringsArray, ...values: unknown[]): PromiseLike<Rows>
  $executeRaw(query: TemplateStringsArray, ...values: unknown[]): PromiseLike<number>
}

export interface IdempotencyDatabase<Transaction extends IdempotencyTransaction> {
  $transaction<Result>(run: (tx: Transaction) => Promise<Result>): Promise<Result>
}

/** A write that is to be done once. */
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
 * Writes once for a viewer's key, however often and concurrently it is asked to, by the table `idempotency_record` of the
 * database. `write` runs in the transaction that also keeps the key; it returns its failure, before it changes anything,
 * to leave the key unused.
 */
export async function writeOnce<Failure, Transaction extends IdempotencyTransaction>(
  db: IdempotencyDatabase<Transaction>,
  { viewerId, key, operation, input, resultId }: IdempotentWrite,
  write: (tx: Transaction) => Promise<Failure | undefined>,
): Promise<Outcome<Failure>> {
  const inputHash = hashOf([operation, input])
  return db.$transaction(async (tx) => {
    // Waits for a concurrent use of the same key to end, and only then counts as a repeat or as the first.
    const count = await tx.$executeRaw`
      INSERT INTO idempotency_record (viewer_id, key, input_hash, result_id)
      VALUES (${viewerId}, ${key}, ${inputHash}, ${resultId})
      ON CONFLICT DO NOTHING`
    if (count === 0) {
      const [known] = await tx.$queryRaw<{ inputHash: Uint8Array; resultId: string }[]>`
        SELECT input_hash AS "inputHash", result_id AS "resultId" FROM idempotency_record
        WHERE viewer_id = ${viewerId} AND key = ${key}`
      const isSame = known !== undefined && Buffer.compare(known.inputHash, inputHash) === 0
      return isSame ? { resultId: known.resultId } : { failure: idempotencyMismatch() }
    }
    const failure = await write(tx)
    if (failure === undefined) return { resultId }
    await tx.$executeRaw`DELETE FROM idempotency_record WHERE viewer_id = ${viewerId} AND key = ${key}`
    return { failure }
  })
}

/** Forgets the keys that are older than seven days, until `signal` aborts; what another replica forgets is left to it. */
export async function pruneIdempotency(db: IdempotencyTransaction, now: number, signal?: AbortSignal): Promise<void> {
  const before = new Date(now - KEPT_MS)
  await deleteInBatches(
    () => db.$executeRaw`
      DELETE FROM idempotency_record WHERE (viewer_id, key) IN (
        SELECT viewer_id, key FROM idempotency_record WHERE created_at < ${before} ORDER BY created_at LIMIT ${DELETE_BATCH}
        FOR UPDATE SKIP LOCKED)`,
    signal,
  )
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

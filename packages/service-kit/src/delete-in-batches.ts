/** How many rows one statement deletes: few enough that it takes well below what a statement may take. */
export const DELETE_BATCH = 5000

/** Runs a statement that deletes at most {@link DELETE_BATCH} rows until it finds fewer, or `signal` aborts. */
export async function deleteInBatches(
  deleteBatch: () => PromiseLike<number>,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (;;) {
    if (signal?.aborted || (await deleteBatch()) < DELETE_BATCH) return
  }
}

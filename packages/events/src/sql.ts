/** As much of a generated Prisma client's transaction as events need. */
export interface SqlTransaction {
  $queryRaw<Rows = unknown>(query: TemplateStringsArray, ...values: unknown[]): PromiseLike<Rows>
  $executeRaw(query: TemplateStringsArray, ...values: unknown[]): PromiseLike<number>
}

/** As much of a generated Prisma client. */
export interface SqlDatabase<Transaction extends SqlTransaction> extends SqlTransaction {
  $transaction<Result>(run: (tx: Transaction) => Promise<Result>): Promise<Result>
}

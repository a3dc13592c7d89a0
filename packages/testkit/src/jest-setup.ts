import { SHARED_POSTGRES, startSharedPostgres } from './shared-postgres.ts'

declare global {
  var sharedPostgres: AsyncDisposable | undefined
}

/** Jest's globalSetup: the PostgreSQL that all test files of a run share. */
export default async function setup(): Promise<void> {
  const postgres = await startSharedPostgres(process.env)
  process.env[SHARED_POSTGRES] = postgres.url
  globalThis.sharedPostgres = postgres
}

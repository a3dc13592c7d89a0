import { join, resolve } from 'node:path'
import { evenWithMistakes, parseEnvironment, port, postgresUrl, type Environment } from '@portico/service-kit/config'
import { z } from 'zod'
import { databaseNames, type DatabaseName } from './databases.ts'

/** Where the databases are: at addresses that the operator gives, or in the embedded server. */
export type DatabaseConfig =
  { kind: 'given'; urls: Record<DatabaseName, string> } | { kind: 'embedded'; folder: string; port: number }

const url = () => postgresUrl().optional().describe('A PostgreSQL database in place of the embedded one.')

/** The variables of {@link DatabaseConfig}; the starter extends them with its own. */
export const databaseVariables = z.object({
  USERS_DATABASE_URL: url(),
  PRODUCTS_DATABASE_URL: url(),
  ORDERS_DATABASE_URL: url(),
  PORTICO_DATA_DIR: z
    .string()
    .default(resolve(import.meta.dirname, '../../.portico'))
    .transform((folder) => resolve(folder))
    .describe('Folder of the embedded database and of keys.'),
  POSTGRES_PORT: port().default(0).describe('Port of the embedded PostgreSQL; 0 takes a free one.'),
})
type DatabaseVariables = z.infer<typeof databaseVariables>

/** Refuses addresses for only some of the databases: `.superRefine(checkDatabaseVariables, evenWithMistakes)`. */
export function checkDatabaseVariables(env: DatabaseVariables, context: z.RefinementCtx): void {
  const missing = databaseNames.filter((name) => !addressOf(env, name))
  if (missing.length === 0 || missing.length === databaseNames.length) return
  for (const name of missing) {
    const message = 'must be set as the other addresses are, or none of the three to use the embedded database'
    context.addIssue({ code: 'custom', path: [`${name.toUpperCase()}_DATABASE_URL`], message, input: name })
  }
}

/** Nests the flat variables. */
export function toDatabaseConfig(env: DatabaseVariables): DatabaseConfig {
  const { USERS_DATABASE_URL: users, PRODUCTS_DATABASE_URL: products, ORDERS_DATABASE_URL: orders } = env
  if (users && products && orders) return { kind: 'given', urls: { users, products, orders } }
  return { kind: 'embedded', folder: join(env.PORTICO_DATA_DIR, 'postgres'), port: env.POSTGRES_PORT }
}

function addressOf(env: DatabaseVariables, name: DatabaseName): string | undefined {
  return { users: env.USERS_DATABASE_URL, products: env.PRODUCTS_DATABASE_URL, orders: env.ORDERS_DATABASE_URL }[name]
}

/**
 * Parses where the databases are: `USERS_DATABASE_URL`, `PRODUCTS_DATABASE_URL` and `ORDERS_DATABASE_URL`, or without
 * any of them the embedded server below `PORTICO_DATA_DIR` (`.portico` in the repository), on `POSTGRES_PORT` (a free
 * port).
 *
 * @throws ConfigError with every mistake at once.
 */
export function parseDatabaseConfig(env: Environment): DatabaseConfig {
  return parseEnvironment(
    databaseVariables.superRefine(checkDatabaseVariables, evenWithMistakes).transform(toDatabaseConfig),
    env,
  )
}

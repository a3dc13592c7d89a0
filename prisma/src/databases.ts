import { resolve } from 'node:path'
import { escapeIdentifier, escapeLiteral, type Client } from 'pg'
import type { DatabaseConfig } from './config.ts'
import { connectEmbeddedPostgres } from './embedded-postgres.ts'
import { connectPg } from './pg-connection.ts'
import { loadOrCreatePasswords } from './secrets.ts'

/** The databases of Portico: one for each subgraph, named like it and like the role that owns it. */
export const databaseNames = ['users', 'products', 'orders'] as const

export type DatabaseName = (typeof databaseNames)[number]

/** The folder of a database's `schema.prisma` and `migrations/`. */
export function folderOf(name: DatabaseName): string {
  return resolve(import.meta.dirname, '..', name)
}

/** The three databases, for as long as a tool works with them. */
export interface Databases extends AsyncDisposable {
  urls: Record<DatabaseName, string>
}

/** Opens the databases for a tool: those of the configuration, or those of the embedded server, which is joined or run. */
export async function openDatabases(config: DatabaseConfig, log: (message: string) => void): Promise<Databases> {
  if (config.kind === 'given') return { urls: config.urls, [Symbol.asyncDispose]: async () => undefined }
  const server = await connectEmbeddedPostgres({ ...config, log })
  try {
    const passwords = await loadOrCreatePasswords(config.folder, databaseNames)
    const urls = await ensureDatabases(server.superuserUrl('postgres'), passwords)
    return { urls, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
  } catch (error) {
    await server[Symbol.asyncDispose]()
    throw error
  }
}

const PREPARATION = { name: 'portico prepare' }

/** Serialises processes that prepare the same server. */
const PREPARATION_LOCK = 767_842_602

/**
 * Makes, in the server behind `superuserUrl`, a database for each name and a role that owns that one database, can open
 * no other, and may do nothing else on the server. Roles get the given passwords, also those that were there. Can be
 * repeated and run by several processes at once.
 *
 * @param superuserUrl leads to the `postgres` database of a PostgreSQL ≥ 14.
 * @returns the URL under which each role reaches its database.
 */
export async function ensureDatabases<Name extends string>(
  superuserUrl: string,
  passwords: Record<Name, string>,
): Promise<Record<Name, string>> {
  const names = Object.keys(passwords) as Name[]
  await using server = await connectPg(superuserUrl, PREPARATION)
  await server.client.query('SELECT pg_advisory_lock($1)', [PREPARATION_LOCK])
  await server.client.query('REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC')
  for (const name of names) await ensureDatabase(server.client, name, passwords[name])
  for (const name of names) await ensureSchema(withDatabase(superuserUrl, name), name)
  const urls = names.map((name) => [name, withRole(superuserUrl, name, passwords[name])])
  return Object.fromEntries(urls) as Record<Name, string>
}

async function ensureDatabase(client: Client, name: string, password: string): Promise<void> {
  const identifier = escapeIdentifier(name)
  const { rows } = await client.query<{ role: boolean; database: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AS role,
            EXISTS (SELECT FROM pg_database WHERE datname = $1) AS database`,
    [name],
  )
  await client.query(
    `${rows[0]?.role ? 'ALTER' : 'CREATE'} ROLE ${identifier} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION
     NOBYPASSRLS PASSWORD ${escapeLiteral(password)}`,
  )
  if (!rows[0]?.database) await client.query(`CREATE DATABASE ${identifier} OWNER ${identifier}`)
  await client.query(`REVOKE CONNECT, TEMPORARY ON DATABASE ${identifier} FROM PUBLIC`)
}

async function ensureSchema(databaseUrl: string, owner: string): Promise<void> {
  await using database = await connectPg(databaseUrl, PREPARATION)
  await database.client.query(`ALTER SCHEMA public OWNER TO ${escapeIdentifier(owner)}`)
  await database.client.query('REVOKE ALL ON SCHEMA public FROM PUBLIC')
}

function withDatabase(url: string, database: string): string {
  const changed = new URL(url)
  changed.pathname = `/${encodeURIComponent(database)}`
  return changed.href
}

function withRole(url: string, name: string, password: string): string {
  const changed = new URL(withDatabase(url, name))
  changed.username = encodeURIComponent(name)
  changed.password = encodeURIComponent(password)
  return changed.href
}

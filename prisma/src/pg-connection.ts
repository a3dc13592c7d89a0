import { Client } from 'pg'

/** A connection to a PostgreSQL; disposing ends it, and with it its locks and its transaction. */
export interface PgConnection extends AsyncDisposable {
  client: Client
}

export interface PgClientOptions {
  /** How the server lists the connection, such as `portico migrate`. */
  name: string
  /** Milliseconds until a server that does not answer is given up; 10,000 when left out. */
  patience?: number
}

/** A client that is not connected yet. Losing its connection fails the statement under way, and not the process. */
export function createPgClient(url: string, { name, patience = 10_000 }: PgClientOptions): Client {
  const client = new Client({
    connectionString: url,
    application_name: name,
    connectionTimeoutMillis: patience,
    keepAlive: true,
  })
  client.on('error', () => undefined)
  return client
}

/**
 * Connects to a database.
 *
 * @throws when the server does not answer or refuses.
 */
export async function connectPg(url: string, options: PgClientOptions): Promise<PgConnection> {
  const client = createPgClient(url, options)
  await client.connect()
  return { client, [Symbol.asyncDispose]: () => client.end() }
}

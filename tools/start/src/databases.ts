import { join } from 'node:path'
import { databaseNames, ensureDatabases, folderOf, type DatabaseName } from '@portico/database/databases'
import { loadDemoData } from '@portico/database/demo-data'
import { migrate } from '@portico/database/migrate'
import { loadOrCreatePasswords } from '@portico/database/secrets'
import type { Logger } from '@portico/service-kit/logger'
import type { StartConfig } from './config.ts'
import { supervisePostgres } from './supervised-postgres.ts'

export interface Databases extends AsyncDisposable {
  urls: Record<DatabaseName, string>
}

/** The three databases, migrated; the embedded ones with demo data. */
export async function startDatabases({ database, demoData }: StartConfig, log: Logger): Promise<Databases> {
  if (database.kind === 'given') {
    await fillDatabases({ urls: database.urls, demoData }, log)
    return { urls: database.urls, [Symbol.asyncDispose]: async () => undefined }
  }

  await using stack = new AsyncDisposableStack()
  const server = stack.use(await supervisePostgres(database, log))
  const passwords = await loadOrCreatePasswords(database.folder, databaseNames)
  const urls = await ensureDatabases(server.superuserUrl('postgres'), passwords)
  await fillDatabases({ urls, demoData }, log)
  const running = stack.move()
  return { urls, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

/** Migrates the databases, and gives them demo data where they are to have it and hold nothing. */
export async function fillDatabases(
  { urls, demoData }: { urls: Record<DatabaseName, string>; demoData: boolean },
  log: Logger,
): Promise<void> {
  await Promise.all(
    databaseNames.map((name) =>
      migrate({ url: urls[name], folder: join(folderOf(name), 'migrations'), log: (message) => log.info(message) }),
    ),
  )
  if (demoData) await loadDemoData({ urls, log: (message) => log.info(message) })
}

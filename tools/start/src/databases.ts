import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { databaseNames, ensureDatabases, folderOf, type DatabaseName } from '@portico/database/databases'
import { startEmbeddedPostgres, type StartedPostgres } from '@portico/database/embedded-postgres'
import { migrate } from '@portico/database/migrate'
import { loadOrCreatePasswords } from '@portico/database/secrets'
import { loadDemoData } from '@portico/database/demo-data'
import type { Logger } from '@portico/service-kit/logger'
import type { StartConfig } from './config.ts'

export interface Databases extends AsyncDisposable {
  urls: Record<DatabaseName, string>
}

/** The three databases, migrated; the embedded ones with demo data, and started again should their server die. */
export async function startDatabases({ database, demoData }: StartConfig, log: Logger): Promise<Databases> {
  if (database.kind === 'given') {
    await migrateAll(database.urls, log)
    return { urls: database.urls, [Symbol.asyncDispose]: async () => undefined }
  }

  const options = { folder: database.folder, log: (message: string) => log.info(message) }
  let server = await startEmbeddedPostgres({ ...options, port: database.port })
  await using stack = new AsyncDisposableStack()
  stack.defer(() => server[Symbol.asyncDispose]())
  const passwords = await loadOrCreatePasswords(database.folder, databaseNames)
  const urls = await ensureDatabases(server.superuserUrl('postgres'), passwords)
  await migrateAll(urls, log)
  if (demoData) await loadDemoData({ urls, log: (message) => log.info(message) })

  // The port stays, since the services know no other.
  void keepRunning(server, async () => {
    server = await startEmbeddedPostgres({ ...options, port: server.port })
    return server
  })

  async function keepRunning(current: StartedPostgres, restart: () => Promise<StartedPostgres>): Promise<void> {
    for (;;) {
      const exit = await current.exited
      if (exit.expected) return
      log.warn({ messages: exit.messages }, 'PostgreSQL ended; starting it again')
      current = await retry(restart)
    }
  }

  async function retry(restart: () => Promise<StartedPostgres>): Promise<StartedPostgres> {
    for (;;) {
      try {
        return await restart()
      } catch (err) {
        log.error({ err }, 'PostgreSQL can not be started; trying again')
        await sleep(1000)
      }
    }
  }

  const running = stack.move()
  return { urls, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

async function migrateAll(urls: Record<DatabaseName, string>, log: Logger): Promise<void> {
  await Promise.all(
    databaseNames.map((name) =>
      migrate({
        url: urls[name],
        folder: join(folderOf(name), 'migrations'),
        log: (message) => log.info(message),
      }),
    ),
  )
}

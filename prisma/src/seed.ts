import { runCommand } from '@portico/service-kit/command'
import { parseDatabaseConfig } from './config.ts'
import { type DatabaseName, databaseNames, folderOf, openDatabases } from './databases.ts'
import { findFilledDatabases, loadDemoData } from './demo-data.ts'
import { readMigrationStatus } from './migrate.ts'

const log = (message: string): void => console.log(message)

const START_OVER = 'Take empty databases, or start the embedded ones over with npm run reset.'

/** Loads the demo data into the configured databases. Only a seeding that was interrupted is completed. */
await runCommand(async (_, env) => {
  if (env['NODE_ENV'] === 'production')
    throw new Error('Demo data is not for production: everybody knows its passwords. NODE_ENV is "production".')
  await using databases = await openDatabases(parseDatabaseConfig(env), log)
  const unmigrated = await findUnmigrated(databases.urls)
  if (unmigrated.length > 0) throw new Error(`Not migrated: ${unmigrated.join(', ')}. Run npm run db:migrate first.`)
  const filled = await findFilledDatabases(databases.urls)
  if (filled.length === databaseNames.length) throw new Error(`Not empty: ${filled.join(', ')}. ${START_OVER}`)
  if (!(await loadDemoData({ urls: databases.urls, log }))) throw new Error(START_OVER)
  return 0
})

async function findUnmigrated(urls: Record<DatabaseName, string>): Promise<DatabaseName[]> {
  const unmigrated: DatabaseName[] = []
  for (const name of databaseNames) {
    const status = await readMigrationStatus({ url: urls[name], folder: `${folderOf(name)}/migrations` })
    if (status.obstacle !== undefined || status.pending.length > 0) unmigrated.push(name)
  }
  return unmigrated
}

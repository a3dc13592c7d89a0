import { join } from 'node:path'
import { folderOf } from '@portico/database/databases'
import { migrate } from '@portico/database/migrate'
import { runCommand } from '@portico/service-kit/command'
import { loadConfig } from './config.ts'

await runCommand(async (_args, env) => {
  const { database, url } = loadConfig(env)
  const applied = await migrate({ url, folder: join(folderOf(database), 'migrations'), log: console.log })
  return `${database}: ${applied.length} applied, the database is up to date`
})

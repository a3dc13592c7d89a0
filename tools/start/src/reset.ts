import { rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { removeEmbeddedPostgres } from '@portico/database/embedded-postgres'
import { runCommand } from '@portico/service-kit/command'
import { loadConfig } from './config.ts'

await runCommand(async (_, env) => {
  const { dataFolder } = loadConfig(env)
  await removeEmbeddedPostgres({ folder: join(dataFolder, 'postgres'), log: console.log })
  // Nothing but what was made here: the folder may be one that someone keeps other things in.
  for (const name of ['keys', 'compile-cache']) await rm(join(dataFolder, name), { recursive: true, force: true })
  await rmdir(dataFolder).catch(() => undefined)
  return `Removed the database and the keys of ${dataFolder}. The next npm start begins with fresh demo data.`
})

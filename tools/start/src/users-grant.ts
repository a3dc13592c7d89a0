import { parseDatabaseConfig } from '@portico/database/config'
import { openDatabases } from '@portico/database/databases'
import { runCommand } from '@portico/service-kit/command'
import { grantRole } from '@portico/users/grant-role'

await runCommand(async (args, env) => {
  await using databases = await openDatabases(parseDatabaseConfig(env), () => undefined)
  return await grantRole(databases.urls.users, args)
})

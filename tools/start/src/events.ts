import { parseDatabaseConfig } from '@portico/database/config'
import { openDatabases } from '@portico/database/databases'
import { runEventsCommand } from '@portico/events/events-command'
import { runCommand } from '@portico/service-kit/command'

await runCommand(async (args, env) => {
  await using databases = await openDatabases(parseDatabaseConfig(env), () => undefined)
  const { orders, products } = databases.urls
  return await runEventsCommand({ orders, products }, args)
})

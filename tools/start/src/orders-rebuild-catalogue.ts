import { parseDatabaseConfig } from '@portico/database/config'
import { openDatabases } from '@portico/database/databases'
import { rebuildCatalogueOf } from '@portico/orders/rebuild-catalogue'
import { runCommand } from '@portico/service-kit/command'

await runCommand(async (_, env) => {
  await using databases = await openDatabases(parseDatabaseConfig(env), () => undefined)
  return await rebuildCatalogueOf(databases.urls.orders)
})

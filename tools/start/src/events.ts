import { parseDatabaseConfig } from '@portico/database/config'
import { openDatabases } from '@portico/database/databases'
import { eventsVariables } from '@portico/events/config'
import { runEventsCommand } from '@portico/events/events-command'
import { runCommand } from '@portico/service-kit/command'
import { parseEnvironment } from '@portico/service-kit/config'
import { z } from 'zod'

await runCommand(async (args, env) => {
  const { AMQP_URL: amqpUrl } = parseEnvironment(z.object({ AMQP_URL: eventsVariables.AMQP_URL }), env)
  await using databases = await openDatabases(parseDatabaseConfig(env), () => undefined)
  const { orders, products } = databases.urls
  return await runEventsCommand({ databases: { orders, products }, amqpUrl }, args)
})

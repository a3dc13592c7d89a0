import { runCommand } from '@portico/service-kit/command'
import { parseEnvironment, postgresUrl } from '@portico/service-kit/config'
import { z } from 'zod'
import { eventsVariables } from './config.ts'
import { SUBSCRIPTIONS } from './contract.ts'
import { runEventsCommand } from './events-command.ts'
import { accountOf } from './rabbitmq-account.ts'

const variables = z.object({ DATABASE_URL: postgresUrl(), AMQP_URL: eventsVariables.AMQP_URL })

// For a deployed subgraph, with its own DATABASE_URL and AMQP_URL; in a checkout there is `npm run events`.
await runCommand(async (args, env) => {
  const { DATABASE_URL, AMQP_URL } = parseEnvironment(variables, env)
  // An account that is shared does not say whose queue to look at.
  const name = AMQP_URL === undefined ? '' : accountOf(AMQP_URL)
  if (SUBSCRIPTIONS[name]) return runEventsCommand({ databases: { [name]: DATABASE_URL }, amqpUrl: AMQP_URL }, args)
  return runEventsCommand({ databases: { 'this subgraph': DATABASE_URL } }, args)
})

import { runCommand } from '@portico/service-kit/command'
import { parseEnvironment, postgresUrl } from '@portico/service-kit/config'
import { z } from 'zod'
import { runEventsCommand } from './events-command.ts'

// For a deployed subgraph, with its own DATABASE_URL; in a checkout there is `npm run events`.
await runCommand(async (args, env) => {
  const { DATABASE_URL } = parseEnvironment(z.object({ DATABASE_URL: postgresUrl() }), env)
  return runEventsCommand({ 'this subgraph': DATABASE_URL }, args)
})

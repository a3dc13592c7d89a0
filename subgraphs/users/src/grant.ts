import { runCommand } from '@portico/service-kit/command'
import { parseEnvironment, postgresUrl } from '@portico/service-kit/config'
import { z } from 'zod'
import { grantRole } from './grant-role.ts'

// For a deployed subgraph: `node dist/grant.js EMAIL ADMIN`, with the subgraph's own DATABASE_URL.
await runCommand(async (args, env) => {
  const { DATABASE_URL } = parseEnvironment(z.object({ DATABASE_URL: postgresUrl() }), env)
  return grantRole(DATABASE_URL, args)
})

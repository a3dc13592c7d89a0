import { runCommand } from '@portico/service-kit/command'
import { parseEnvironment } from '@portico/service-kit/config'
import { z } from 'zod'
import { accessTokenLifetime } from './config.ts'
import { rotateSigningKeys } from './rotate-signing-keys.ts'

const variables = z.object({
  SIGNING_KEYS_FOLDER: z.string(),
  ACCESS_TOKEN_LIFETIME_S: accessTokenLifetime,
})

// For a deployed subgraph: `node dist/rotate-keys.js`, with its SIGNING_KEYS_FOLDER.
await runCommand(async (args, environment) => {
  const env = parseEnvironment(variables, environment)
  return rotateSigningKeys({ folder: env.SIGNING_KEYS_FOLDER, tokenLifetimeS: env.ACCESS_TOKEN_LIFETIME_S }, args)
})

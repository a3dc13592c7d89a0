import { runCommand } from '@portico/service-kit/command'
import { parseEnvironment } from '@portico/service-kit/config'
import { accessTokenLifetime } from '@portico/users/config'
import { rotateSigningKeys } from '@portico/users/rotate-signing-keys'
import { z } from 'zod'
import { loadConfig } from './config.ts'
import { loadOrCreateKeys } from './keys.ts'

const lifetime = z.object({ ACCESS_TOKEN_LIFETIME_S: accessTokenLifetime })

await runCommand(async (args, env) => {
  const { signingKeysFolder } = await loadOrCreateKeys(loadConfig(env))
  // The users subgraph inherits the variable.
  const { ACCESS_TOKEN_LIFETIME_S: accessTokenLifetimeS } = parseEnvironment(lifetime, env)
  return rotateSigningKeys({ folder: signingKeysFolder, tokenLifetimeS: accessTokenLifetimeS }, args)
})

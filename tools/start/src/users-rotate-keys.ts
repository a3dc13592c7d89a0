import { runCommand } from '@portico/service-kit/command'
import { rotateSigningKeys } from '@portico/users/rotate-signing-keys'
import { loadConfig } from './config.ts'
import { loadOrCreateKeys } from './keys.ts'

await runCommand(async (args, env) => {
  const { signingKeysFolder } = await loadOrCreateKeys(loadConfig(env))
  return rotateSigningKeys({ folder: signingKeysFolder, tokenLifetimeS: 900 }, args)
})

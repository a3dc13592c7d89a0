import { join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { runCommand } from '@portico/service-kit/command'
import { rotateSigningKeys } from '@portico/users/rotate-signing-keys'
import { makeSecrets, openToContainers, SIGNING_KEYS } from './secrets.ts'

/** The longest that the users subgraph lets an access token live, whatever it is configured with. */
const LONGEST_TOKEN_LIFETIME_S = 86_400

const folder = resolve(import.meta.dirname, '../../../deploy/secrets')

await runCommand(async (args) => {
  const { values } = parseArgs({ args: [...args], options: { 'rotate-signing-keys': { type: 'boolean' } } })
  const made = await makeSecrets(folder)
  if (values['rotate-signing-keys']) {
    const keys = { folder: join(folder, SIGNING_KEYS), tokenLifetimeS: LONGEST_TOKEN_LIFETIME_S }
    const report = await rotateSigningKeys(keys, [])
    await openToContainers(folder)
    return report
  }
  if (made.length === 0) return 'All secrets are there; none was touched.'
  const lines = made.map((name) => `made ${join(relative(process.cwd(), folder), name)}`)
  return [...lines, 'Keep a copy of them where only you can read it.'].join('\n')
})

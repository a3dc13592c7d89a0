import { openDatabase } from '@portico/service-kit/database'
import { createLogger } from '@portico/service-kit/logger'
import { emailKeyOf } from './emails.ts'
import { PrismaClient, Role } from './generated/prisma/client.ts'
import { endAllSessions } from './sessions.ts'

/**
 * Gives a role to the account of an email, and ends its sessions. For operators with access to the database: it makes
 * the first administrator, who then uses the graph. Returns what to tell them.
 *
 * @throws Error that says what is wrong with the arguments, or that no account has the email.
 */
export async function grantRole(
  databaseUrl: string,
  [email, roleName]: readonly (string | undefined)[],
): Promise<string> {
  const role = Object.values(Role).find((candidate) => candidate === roleName)
  if (email === undefined || role === undefined) {
    throw new Error(`Usage: npm run users:grant -- EMAIL ${Object.values(Role).join('|')}`)
  }
  const pool = { poolMax: 1, connectWithinMs: 5000, statementTimeoutMs: 5000, lockTimeoutMs: 5000 }
  const log = createLogger({ service: 'users-grant', level: 'warn' })
  await using database = openDatabase(
    (options) => new PrismaClient(options),
    { url: databaseUrl, ...pool },
    { service: 'users-grant', log },
  )
  return await database.client.$transaction(async (tx) => {
    const user = await tx.user.findUnique({ where: { emailKey: emailKeyOf(email) } })
    if (!user) throw new Error(`No account has the email ${email}. Register it first.`)
    if (user.role === role) return `${user.email} is ${role} already.`
    await tx.user.update({ where: { id: user.id }, data: { role, version: { increment: 1 } } })
    await endAllSessions(tx, user.id, new Date())
    return `${user.email} is ${role} now, was ${user.role}. All sessions ended: sign in again to use it.`
  })
}

import { randomUUID } from 'node:crypto'
import { openDatabase, type DatabaseConfig, type DatabaseOptions } from '@portico/service-kit/database'
import { PrismaClient } from '@portico/users/generated/prisma/client'
import { createMemoryLog } from './memory-log.ts'

const LIMITS = { poolMax: 5, connectWithinMs: 5000, statementTimeoutMs: 5000, lockTimeoutMs: 5000 }

/** A client as the users subgraph makes it, which disconnects when it is disposed. */
export function connectUsers(
  url: string,
  limits: Partial<DatabaseConfig> = {},
  options: Partial<DatabaseOptions> = {},
) {
  const database = openDatabase(
    (clientOptions) => new PrismaClient(clientOptions),
    { url, ...LIMITS, ...limits },
    { service: 'users', log: createMemoryLog().log, ...options },
  )
  return Object.assign(database.client, { [Symbol.asyncDispose]: () => database[Symbol.asyncDispose]() })
}

/** A user whose email nobody has, unless it is given. */
export const newUser = (emailKey: string = randomUUID()) => ({
  email: emailKey,
  emailKey,
  displayName: 'Ann',
  passwordHash: '',
})

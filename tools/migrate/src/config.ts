import { databaseNames, type DatabaseName } from '@portico/database/databases'
import { parseEnvironment, postgresUrl, type Environment } from '@portico/service-kit/config'
import { z } from 'zod'

export interface MigrateConfig {
  /** Whose migrations are applied. */
  database: DatabaseName
  /** Where, as the role that owns the database. */
  url: string
}

/** Every variable of the migrations' image. */
export const migrateVariables = z.object({
  DATABASE: z.enum(databaseNames, `must be one of ${databaseNames.join(', ')}`).describe('Whose migrations to apply.'),
  DATABASE_URL: postgresUrl().describe('The database, with the role that owns it.'),
})

const config = migrateVariables.transform((env): MigrateConfig => ({ database: env.DATABASE, url: env.DATABASE_URL }))

export function loadConfig(env: Environment): MigrateConfig {
  return parseEnvironment(config, env)
}

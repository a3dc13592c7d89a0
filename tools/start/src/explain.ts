import { PortTakenError } from '@portico/database/embedded-postgres'
import { MigrationRefusedError } from '@portico/database/migration-obstacles'
import { AlreadyRunningError } from '@portico/database/previous-server'
import { UnusableFolderError } from '@portico/database/server-home'
import { ConfigError } from '@portico/service-kit/config'
import { ServiceFailedError } from './supervise.ts'

/** Ends a start that failed, when everything that it started has stopped: errors for people come without a stack. */
export function explain(error: unknown): never {
  if (error instanceof PortTakenError) throw new ConfigError([`POSTGRES_PORT: ${error.message}`])
  if (error instanceof AlreadyRunningError) throw new ConfigError([`PORTICO_DATA_DIR: ${error.message}`])
  if (error instanceof UnusableFolderError) throw new ConfigError([`PORTICO_DATA_DIR: ${error.message}`])
  if (error instanceof ServiceFailedError && error.misconfigured) throw new ConfigError([error.message])
  if (error instanceof ServiceFailedError || error instanceof MigrationRefusedError) {
    process.stderr.write(`portico: ${error.message}\n`)
    process.exit(1)
  }
  throw error
}

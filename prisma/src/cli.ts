import { relative } from 'node:path'
import { parseArgs } from 'node:util'
import { runCommand } from '@portico/service-kit/command'
import type { Environment } from '@portico/service-kit/config'
import { parseDatabaseConfig } from './config.ts'
import { type DatabaseName, databaseNames, folderOf, openDatabases } from './databases.ts'
import { migrate, readMigrationStatus } from './migrate.ts'
import { markApplied, markRolledBack } from './resolve-migration.ts'

const USAGE = `Usage:
  npm run db:migrate                                     apply what is pending in the three databases
  npm run db:status                                      say what is applied and what is pending
  npm run db:check                                       compare schema.prisma with the migrations (exit 2: they differ)
  npm run db:new-migration <service> <name>              write the migration that leads to schema.prisma
  npm run db:new-migration -- <service> <name> --empty   write one for what Prisma does not know
  npm run db:resolve -- <service> --rolled-back <name>   a failed migration left nothing: apply it again
  npm run db:resolve -- <service> --applied <name>       the database has it all: record it as applied
A service is one of ${databaseNames.join(', ')}.`

const log = (message: string): void => console.log(message)

/** Runs the command and says the exit code of the process. */
async function run(args: readonly string[], env: Environment): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { 'rolled-back': { type: 'string' }, applied: { type: 'string' }, empty: { type: 'boolean' } },
  })
  const [command, service, name] = positionals
  switch (command) {
    case 'migrate':
      return migrateAll(env)
    case 'status':
      return showStatus(env)
    case 'check':
      return checkAll()
    case 'new-migration':
      return newMigration(parseService(service), name ?? '', values.empty ?? false)
    case 'resolve':
      return resolve(parseService(service), values, env)
    default:
      throw new UsageError(command ? `There is no command "${command}".` : 'Which command?')
  }
}

async function migrateAll(env: Environment): Promise<number> {
  await using databases = await openDatabases(parseDatabaseConfig(env), log)
  for (const service of databaseNames) {
    const applied = await migrate({ url: databases.urls[service], folder: migrationsOf(service), log })
    if (applied.length === 0) log(`${service}: nothing to apply`)
  }
  return 0
}

async function showStatus(env: Environment): Promise<number> {
  await using databases = await openDatabases(parseDatabaseConfig(env), log)
  let exitCode = 0
  for (const service of databaseNames) {
    const status = await readMigrationStatus({ url: databases.urls[service], folder: migrationsOf(service) })
    log(`${service}: ${status.applied.length} applied, ${status.pending.length} pending`)
    for (const name of status.pending) log(`  pending: ${name}`)
    if (status.obstacle) log(status.obstacle.message)
    if (status.obstacle || status.pending.length > 0) exitCode = 1
  }
  return exitCode
}

async function checkAll(): Promise<number> {
  // Loaded here, since an installation for production goes without the engine.
  const [{ findDrift }, { openSchemaEngine }] = await Promise.all([
    import('./authoring.ts'),
    import('./schema-engine.ts'),
  ])
  await using engine = await openSchemaEngine()
  let exitCode = 0
  for (const service of databaseNames) {
    const drift = await findDrift(engine, folderOf(service))
    log(`${service}: ${drift === undefined ? 'the migrations make what schema.prisma says' : 'DRIFT'}`)
    if (drift === undefined) continue
    log(`schema.prisma says what no migration makes; npm run db:new-migration ${service} <name> would write:\n${drift}`)
    exitCode = 2
  }
  return exitCode
}

async function newMigration(service: DatabaseName, name: string, empty: boolean): Promise<number> {
  const [{ writeNewMigration }, { openSchemaEngine }] = await Promise.all([
    import('./authoring.ts'),
    import('./schema-engine.ts'),
  ])
  await using engine = await openSchemaEngine()
  const path = await writeNewMigration(engine, { folder: folderOf(service), name, empty })
  if (path === undefined)
    log(
      `${service}: nothing to do, the migrations make what schema.prisma says. For what Prisma does not know: ` +
        `npm run db:new-migration -- ${service} ${name} --empty`,
    )
  else log(`Wrote ${relative(process.cwd(), path)}: read and complete it, then npm run db:check and db:migrate.`)
  return 0
}

async function resolve(
  service: DatabaseName,
  { 'rolled-back': rolledBack, applied }: { 'rolled-back'?: string | undefined; applied?: string | undefined },
  env: Environment,
): Promise<number> {
  if ((rolledBack === undefined) === (applied === undefined))
    throw new UsageError('Say either --rolled-back <name> or --applied <name>.')
  await using databases = await openDatabases(parseDatabaseConfig(env), log)
  const url = databases.urls[service]
  if (rolledBack !== undefined) {
    await markRolledBack({ url, name: rolledBack })
    log(`${service}: ${rolledBack} counts as rolled back; npm run db:migrate applies it again.`)
  }
  if (applied !== undefined) {
    await markApplied({ url, name: applied, folder: migrationsOf(service) })
    log(`${service}: ${applied} counts as applied.`)
  }
  return 0
}

function migrationsOf(service: DatabaseName): string {
  return `${folderOf(service)}/migrations`
}

function parseService(text: string | undefined): DatabaseName {
  const service = databaseNames.find((name) => name === text)
  if (service) return service
  throw new UsageError(text ? `There is no service "${text}".` : 'Which service?')
}

class UsageError extends Error {
  constructor(message: string) {
    super(`${message}\n${USAGE}`)
  }
}

await runCommand(run)

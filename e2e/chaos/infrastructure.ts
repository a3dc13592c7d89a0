import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectPg } from '@portico/database/pg-connection'
import { findRabbitMq, startRabbitMq, type TestRabbitMq } from '@portico/testkit/rabbitmq'
import type { Versions } from './campaign-folder.ts'
import { claimPorts, type PortBlock } from './ports.ts'
import { startStores, type Stores } from './stores.ts'

/** What takes seconds to start, and which the runs therefore share. */
export interface Infrastructure extends AsyncDisposable {
  stores: Stores
  broker: TestRabbitMq | undefined
  /** For all that has to come back where it was. */
  ports: PortBlock
  /** Of the servers. */
  versions: Versions
  /** Where Node keeps what it compiled. */
  compileCache: string
}

/**
 * Starts what runs need, in a temporary folder.
 *
 * @throws Error when RabbitMQ is wanted and not installed.
 */
export async function startInfrastructure({ withBroker }: { withBroker: boolean }): Promise<Infrastructure> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'portico-chaos-'))
  stack.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
  // Started by root, PostgreSQL runs under another account, which has to get in: else its data goes elsewhere, and stays.
  await chmod(folder, 0o711)
  const ports = stack.use(await claimPorts())
  const stores = stack.use(await startStores(folder, ports))
  const broker = withBroker ? stack.use(await startBroker()) : undefined
  const versions = { postgres: await versionOf(stores), rabbitmq: broker ? await versionOfBroker(broker) : 'none' }
  const running = stack.move()
  return {
    stores,
    broker,
    ports,
    versions,
    compileCache: join(folder, 'compile-cache'),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

async function startBroker(): Promise<TestRabbitMq> {
  const program = findRabbitMq('crash suite')
  if (program === undefined) throw new Error('RabbitMQ is not installed; --transport http does without.')
  return startRabbitMq(program)
}

async function versionOf({ orders }: Stores): Promise<string> {
  await using admin = await connectPg(orders.postgres.superuserUrl('postgres'), { name: 'chaos' })
  const { rows } = await admin.client.query<{ server_version: string }>('SHOW server_version')
  return rows[0]?.server_version ?? 'unknown'
}

/** It tells its log, and over AMQP nobody whom the client would let know. */
async function versionOfBroker({ logFolder }: TestRabbitMq): Promise<string> {
  for (const file of await readdir(logFolder)) {
    const [, version] =
      /Starting RabbitMQ (\S+ on Erlang \S+)/.exec(await readFile(join(logFolder, file), 'utf8')) ?? []
    if (version !== undefined) return version
  }
  return 'unknown'
}

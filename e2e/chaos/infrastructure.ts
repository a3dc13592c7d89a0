import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findRabbitMq, startRabbitMq, type TestRabbitMq } from '@portico/testkit/rabbitmq'
import { startStores, type Stores } from './stores.ts'

/** What takes seconds to start, and which the runs therefore share. */
export interface Infrastructure extends AsyncDisposable {
  stores: Stores
  broker: TestRabbitMq | undefined
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
  const stores = stack.use(await startStores(folder))
  const broker = withBroker ? stack.use(await startBroker()) : undefined
  const running = stack.move()
  return {
    stores,
    broker,
    compileCache: join(folder, 'compile-cache'),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

async function startBroker(): Promise<TestRabbitMq> {
  const program = findRabbitMq('crash suite')
  if (program === undefined) throw new Error('RabbitMQ is not installed; --transport http does without.')
  return startRabbitMq(program)
}

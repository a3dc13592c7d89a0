import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { eventually } from '@portico/testkit/eventually'
import { findRabbitMq } from '@portico/testkit/rabbitmq'
import { Registry } from 'prom-client'
import { Connection } from 'rabbitmq-client'
import { SUBSCRIPTIONS } from '../src/contract.ts'
import { handler } from '../src/inbox.ts'
import { startSubgraphEvents, type SubgraphEvents } from '../src/subgraph-events.ts'
import { startBrokerWithAccounts, type BrokerWithAccounts } from './broker-with-accounts.ts'
import { createEventsDatabase, type EventsDatabase } from './events-database.ts'
import { log } from './silent-log.ts'

const program = findRabbitMq('events of a subgraph')
const describeWithRabbitMq = program === undefined ? describe.skip : describe

describeWithRabbitMq('the events of a subgraph, with RabbitMQ', () => {
  let started: BrokerWithAccounts
  let events: EventsDatabase
  beforeAll(async () => {
    started = await startBrokerWithAccounts(program ?? '')
    events = await createEventsDatabase()
  }, 120_000)
  afterAll(async () => {
    await events[Symbol.asyncDispose]()
    await started.broker[Symbol.asyncDispose]()
  })

  function startProducts(): Promise<SubgraphEvents> {
    const url = started.urlOf('products')
    return startSubgraphEvents({
      subgraph: 'products',
      config: { transport: { kind: 'rabbitmq', url, queueType: 'quorum', prefetch: 50 }, concurrency: 6 },
      db: events.db,
      databaseUrl: events.database.url,
      handlers: (SUBSCRIPTIONS['products'] ?? []).map((type) => handler(type, async () => undefined)),
      log,
    })
  }

  it('tell operators what is dead at the broker, and nothing of it while that is away', async () => {
    await using products = await startProducts()
    const registry = new Registry()
    products.expose(registry)
    const check = products.checks.find(({ name }) => name === 'events')?.check
    const complaint = () => check?.(AbortSignal.timeout(1000)).catch((error: Error) => error.message)

    await eventually(() => products.report().broker !== undefined)
    expect(products.report()).toMatchObject({ transport: 'rabbitmq', broker: { waiting: 0, dead: 0 } })
    expect(await complaint()).toBeUndefined()

    await using admin = {
      connection: new Connection(started.urlOf('admin')),
      [Symbol.asyncDispose]() {
        return this.connection.close()
      },
    }
    admin.connection.on('error', () => undefined)
    const publisher = admin.connection.createPublisher({ confirm: true })
    await publisher.send({ exchange: 'portico.dead', routingKey: 'products', mandatory: true }, 'no JSON')
    await publisher.close()
    await eventually(() => products.report().broker?.dead === 1)
    expect(await complaint()).toBe('1 dead messages in the broker: npm run events')
    expect(await registry.metrics()).toContain('portico_events_broker{state="dead"} 1\n')

    await started.broker.shutDown()
    await eventually(() => products.report().broker === undefined)
    expect(products.report()).toMatchObject({ transport: 'rabbitmq', outbox: { dead: 0 } })
    expect(await registry.metrics()).not.toContain('portico_events_broker{')
    await started.broker.restart()
    await eventually(() => products.report().broker?.dead === 1)
    expect(products.report().broker).toEqual({ waiting: 0, dead: 1 })
  }, 120_000)
})

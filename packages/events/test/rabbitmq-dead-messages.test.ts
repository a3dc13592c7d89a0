import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { eventually } from '@portico/testkit/eventually'
import { findRabbitMq } from '@portico/testkit/rabbitmq'
import { Connection } from 'rabbitmq-client'
import { MalformedEventError, type CloudEvent } from '../src/cloud-event.ts'
import { orderConfirmed } from '../src/contract.ts'
import { runEventsCommand } from '../src/events-command.ts'
import type { HeldMessages } from '../src/rabbitmq-dead-messages.ts'
import { createRabbitMqTransport } from '../src/rabbitmq-transport.ts'
import type { Receive } from '../src/transport.ts'
import { startBrokerWithAccounts, type BrokerWithAccounts } from './broker-with-accounts.ts'
import { createEventsDatabase, type EventsDatabase } from './events-database.ts'
import { confirmed } from './sample-events.ts'
import { log } from './silent-log.ts'

const program = findRabbitMq('dead messages of RabbitMQ')
const describeWithRabbitMq = program === undefined ? describe.skip : describe

describeWithRabbitMq('the command events, with RabbitMQ', () => {
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

  let stack: AsyncDisposableStack
  let admin: Connection
  beforeEach(() => {
    stack = new AsyncDisposableStack()
    admin = stack.adopt(new Connection(started.urlOf('admin')), (connection) => connection.close())
  })
  afterEach(async () => {
    await admin.queueDelete({ queue: 'portico.products' })
    await admin.queueDelete({ queue: 'portico.products.dead' })
    await stack.disposeAsync()
  })

  /** Runs the command for products, as it is run beside it. */
  function run(args: readonly string[], amqpUrl = started.urlOf('products')): Promise<string> {
    return runEventsCommand({ databases: { products: events.database.url }, amqpUrl }, args)
  }

  const held = async () => {
    const { products } = JSON.parse(await run(['--json'])) as { products: { rabbitmq: HeldMessages } }
    return products.rabbitmq
  }

  /** Opens products until it is disposed of. */
  async function receive(receiveEvent: Receive): Promise<AsyncDisposable> {
    const products = createRabbitMqTransport({ subgraph: 'products', url: started.urlOf('products'), log })
    await products.receive(receiveEvent)
    return products
  }

  /** Sends as a subgraph does, with the account of orders or of another one. */
  async function send(event: CloudEvent, account = 'orders'): Promise<void> {
    await using sender = createRabbitMqTransport({ subgraph: account, url: started.urlOf(account), log })
    await eventually(async () => (await sender.send([event]))[0] === undefined)
  }

  const refuse: Receive = async () => {
    throw new MalformedEventError('nobody can write it down')
  }

  it('shows how many messages wait in the queue of a subgraph, and how many it refused', async () => {
    expect(await held()).toEqual({ pending: 0, dead: 0 })
    {
      await using _ = await receive(refuse)
      await send(confirmed())
      await eventually(async () => (await held()).dead === 1)
    }
    for (let count = 0; count < 3; count += 1) await send(confirmed())
    expect(await held()).toEqual({ pending: 3, dead: 1 })
    const shown = await run([])
    expect(shown).toMatch(/^products {2}rabbitmq {2}3 {17}1$/m)
    expect(shown).toContain('Why a message is dead in RabbitMQ')
  })

  it('puts back what was refused, as it was, for who receives next', async () => {
    const event = confirmed({ requestid: 'request-1', traceparent: '00-1-2-01' })
    {
      await using _ = await receive(refuse)
      await send(event)
      await send(confirmed())
      await eventually(async () => (await held()).dead === 2)
    }
    expect(await run(['replay', '--all'])).toBe('2 to be tried again.')
    expect(await held()).toEqual({ pending: 2, dead: 0 })
    expect(await admin.basicGet({ queue: 'portico.products' })).toMatchObject({
      routingKey: 'portico.products',
      type: orderConfirmed.name,
      messageId: event.id,
      contentType: 'application/cloudevents+json',
      durable: true,
      headers: { traceparent: '00-1-2-01', 'x-request-id': 'request-1' },
    })
    await admin.close()
    admin = stack.adopt(new Connection(started.urlOf('admin')), (connection) => connection.close())
    const received: CloudEvent[] = []
    await using _ = await receive(async (one) => void received.push(one))
    await eventually(() => received.length === 2)
    expect(received).toContainEqual(event)
    expect(await run(['replay', '--all'])).toBe('0 to be tried again.')
  })

  it('does not make believable what was not, however often it is put back', async () => {
    const received: CloudEvent[] = []
    await using _ = await receive(async (one) => void received.push(one))
    const forged = confirmed()
    await send(forged, 'reviews')
    for (let times = 0; times < 3; times += 1) {
      await eventually(async () => (await held()).dead === 1)
      expect(await run(['replay', '--all'])).toBe('1 to be tried again.')
    }
    await eventually(async () => (await held()).dead === 1)
    expect(received).toEqual([])
  })

  it('loses nothing when there is no queue to put it back into', async () => {
    {
      await using _ = await receive(refuse)
      await send(confirmed())
      await eventually(async () => (await held()).dead === 1)
    }
    await admin.queueDelete({ queue: 'portico.products' })
    await expect(run(['replay', '--all'])).rejects.toThrow(
      '0 to be tried again, but not what is dead in RabbitMQ for products: there is no portico.products that takes it back',
    )
    expect(await held()).toEqual({ pending: 0, dead: 1 })
  })

  it.each<[string, (url: URL) => void, RegExp]>([
    ['is away', (url) => (url.port = '1'), /ECONNREFUSED|connect/],
    ['does not let it in', (url) => (url.password = 'wrong'), /ACCESS_REFUSED/],
  ])('shows the rest while RabbitMQ %s', async (_, change, reason) => {
    const url = new URL(started.urlOf('products'))
    change(url)
    const shown = await run([], url.href)
    expect(shown).toMatch(/^products {2}outbox {2}0/m)
    const lines = shown.split('\n').filter((line) => line.includes('RabbitMQ'))
    expect(lines).toEqual([expect.stringMatching(/^RabbitMQ does not tell what it holds for products: ./)])
    expect(lines[0]).toMatch(reason)
    expect(JSON.parse(await run(['--json'], url.href))).toMatchObject({
      products: { outbox: {}, rabbitmq: { error: expect.stringMatching(reason) } },
    })
    await expect(run(['replay', '--all'], url.href)).rejects.toThrow(/but not what is dead in RabbitMQ for products: ./)
  })

  it('shows the queues of one subgraph though RabbitMQ refuses to tell of those of another', async () => {
    {
      await using _ = await receive(refuse)
      await send(confirmed())
      await eventually(async () => (await held()).dead === 1)
    }
    // Refused to everybody else, as another's queue is where accounts differ.
    await admin.queueDeclare({ queue: 'portico.orders', exclusive: true })
    stack.defer(async () => void (await admin.queueDelete({ queue: 'portico.orders' })))
    const databases = { orders: events.database.url, products: events.database.url }
    const shown = await runEventsCommand({ databases, amqpUrl: started.urlOf('products') }, [])
    expect(shown).toMatch(/^products {2}rabbitmq {2}0 {17}1$/m)
    expect(shown).not.toMatch(/^orders {4}rabbitmq/m)
    expect(shown).toMatch(/^RabbitMQ does not tell what it holds for orders: .*RESOURCE_LOCKED/m)
    expect(shown).toContain('Why a message is dead in RabbitMQ')
  })

  it('is at hand beside a deployed subgraph, whose account says which one it is', async () => {
    const runBeside = async (AMQP_URL: string) => {
      const env = { ...process.env, DATABASE_URL: events.database.url, AMQP_URL }
      const cli = join(import.meta.dirname, '../src/cli.ts')
      const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=portico:source', cli], { env })
      return stdout
    }
    expect(await runBeside(started.urlOf('products'))).toMatch(/^products {2}rabbitmq {2}0/m)
    const ofAnother = await runBeside(started.urlOf('admin'))
    expect(ofAnother).toMatch(/^this subgraph {2}inbox/m)
    expect(ofAnother).not.toContain('rabbitmq')
    const away = await runBeside('amqp://products:secret@127.0.0.1:1')
    expect(away).toMatch(/^products {2}inbox[^]*RabbitMQ does not tell what it holds for products: .*ECONNREFUSED/m)
  }, 30_000)
})

import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { createLogger } from '@portico/service-kit/logger'
import { eventually } from '@portico/testkit/eventually'
import { findRabbitMq } from '@portico/testkit/rabbitmq'
import { Connection, type Envelope } from 'rabbitmq-client'
import type { CloudEvent } from '../src/cloud-event.ts'
import { orderConfirmed, productChanged } from '../src/contract.ts'
import { topologyOf } from '../src/rabbitmq-topology.ts'
import { createRabbitMqTransport } from '../src/rabbitmq-transport.ts'
import { startBrokerWithAccounts, type BrokerWithAccounts } from './broker-with-accounts.ts'
import { confirmed, reserved } from './sample-events.ts'
import { log as silent } from './silent-log.ts'
import { describeTransport } from './transports.ts'

const program = findRabbitMq('accounts of RabbitMQ')
const describeWithRabbitMq = program === undefined ? describe.skip : describe

describeWithRabbitMq('subgraphs with accounts of their own', () => {
  let started: BrokerWithAccounts
  beforeAll(async () => {
    started = await startBrokerWithAccounts(program ?? '')
  }, 120_000)
  afterAll(async () => {
    await started.broker[Symbol.asyncDispose]()
  })

  describeTransport('RabbitMQ with an account for each subgraph', async () => {
    const open = (subgraph: string) => createRabbitMqTransport({ subgraph, url: started.urlOf(subgraph), log: silent })
    const [orders, products] = [open('orders'), open('products')]
    return {
      orders,
      products,
      async [Symbol.asyncDispose]() {
        await Promise.all([orders[Symbol.asyncDispose](), products[Symbol.asyncDispose]()])
      },
    }
  })

  let stack: AsyncDisposableStack
  beforeEach(() => {
    stack = new AsyncDisposableStack()
  })
  afterEach(async () => {
    await stack.disposeAsync()
  })

  function connect(account: string): Connection {
    const connection = stack.adopt(new Connection(started.urlOf(account)), (one) => one.close())
    connection.on('error', () => undefined)
    return connection
  }

  /** A subgraph that receives: what it has received, and what it has logged of what it refused. */
  async function receiveAt(subgraph: string) {
    const received: CloudEvent[] = []
    const refused: Record<string, unknown>[] = []
    const write = (line: string) => {
      const entry = JSON.parse(line) as Record<string, unknown>
      if (entry['msg'] === 'message refused, and dead') refused.push(entry)
    }
    const log = createLogger({ service: subgraph, level: 'error' }, { write })
    const transport = stack.use(createRabbitMqTransport({ subgraph, url: started.urlOf(subgraph), log }))
    await transport.receive(async (event) => void received.push(event))
    await eventually(() => isWell(transport.check))
    return { received, refused }
  }

  async function publish(account: string, event: CloudEvent, envelope: Envelope): Promise<void> {
    const publisher = connect(account).createPublisher({ confirm: true })
    stack.defer(() => publisher.close())
    const known = { exchange: 'portico.events', routingKey: event.type, mandatory: true, messageId: event.id }
    await publisher.send({ ...known, ...envelope }, Buffer.from(JSON.stringify(event)))
  }

  async function dead(subgraph: string): Promise<number> {
    return (await connect('admin').queueDeclare({ queue: `portico.${subgraph}.dead`, passive: true })).messageCount
  }

  /** What products logs of an event that it does not handle, but keeps as a dead message. */
  async function refusalOf(event: CloudEvent, envelope: Envelope, account: string) {
    const { received, refused } = await receiveAt('products')
    const before = await dead('products')
    await publish(account, event, envelope)
    await eventually(async () => (await dead('products')) === before + 1)
    expect(received).toEqual([])
    expect(refused).toEqual([expect.objectContaining({ queue: 'portico.products', messageId: event.id })])
    return refused[0]
  }

  const forger = { account: 'reviews', reason: 'reviews may not speak for /portico/orders' }
  it.each<{ who: string; account: string; event: CloudEvent; envelope?: Envelope; logged: object }>([
    { who: 'speaks for another subgraph', account: 'reviews', event: confirmed(), logged: forger },
    {
      who: 'pretends that the message was refused and put back',
      account: 'reviews',
      event: confirmed(),
      envelope: { routingKey: 'portico.products', headers: { 'x-portico-first-account': 'orders' } },
      logged: forger,
    },
    {
      who: 'speaks for itself of what is for another one to tell',
      account: 'reviews',
      event: confirmed({ source: '/portico/reviews' }),
      logged: { account: 'reviews', reason: `reviews may not tell of ${orderConfirmed.name}` },
    },
    {
      who: 'speaks for the receiver',
      account: 'orders',
      event: reserved(),
      envelope: { routingKey: orderConfirmed.name },
      logged: { account: 'orders', reason: 'orders may not speak for /portico/products' },
    },
    {
      who: 'tells of what the receiver knows best',
      account: 'orders',
      event: confirmed({ type: productChanged.name }),
      envelope: { routingKey: orderConfirmed.name },
      logged: { account: 'orders', reason: `orders may not tell of ${productChanged.name}` },
    },
  ])('refuse who $who', async ({ account, event, envelope, logged }) => {
    expect(await refusalOf(event, { userId: account, ...envelope }, account)).toMatchObject(logged)
  })

  it('refuse who does not say who it is', async () => {
    const refusal = await refusalOf(confirmed(), {}, 'orders')
    expect(refusal).toMatchObject({ reason: 'the message does not say whose account it comes from' })
    expect(refusal).not.toHaveProperty('account')
  })

  it('are let in with their passwords alone, and nobody else is', async () => {
    const attempts = ['portico:portico', 'guest:guest', 'orders:products%2Fsecret'].map(async (account) => {
      const url = new URL(started.broker.url.replace('portico:portico', account))
      const connection = stack.adopt(new Connection(url.href), (one) => one.close())
      const [error] = (await once(connection, 'error')) as [Error]
      return error.message
    })
    const refused = expect.stringContaining('ACCESS_REFUSED')
    expect(await Promise.all(attempts)).toEqual([refused, refused, refused])
  })

  it('can not lie about who they are', async () => {
    await receiveAt('products')
    await expect(publish('reviews', confirmed(), { userId: 'orders' })).rejects.toThrow(/PRECONDITION_FAILED.*user_id/)
  })

  it('can tell themselves what they like', async () => {
    const { received, refused } = await receiveAt('products')
    const event = confirmed()
    await publish('products', event, { userId: 'products' })
    await eventually(() => received.length > 0)
    expect({ received, refused }).toEqual({ received: [event], refused: [] })
  })

  it.each<[string, (orders: Connection) => Promise<unknown>]>([
    ['read the queue of another one', (orders) => orders.basicGet({ queue: 'portico.products' })],
    ['read what it refused', (orders) => orders.basicGet({ queue: 'portico.products.dead' })],
    ['empty it', (orders) => orders.queuePurge({ queue: 'portico.products' })],
    ['delete it', (orders) => orders.queueDelete({ queue: 'portico.products' })],
    ['declare it', (orders) => orders.queueDeclare(topologyOf('products', 'quorum').live.queue)],
    [
      'lead something else into it',
      (orders) => orders.queueBind({ exchange: 'portico.events', queue: 'portico.products', routingKey: '#' }),
    ],
    [
      'lead something else into what is theirs',
      (orders) => orders.queueBind({ exchange: 'amq.topic', queue: 'portico.orders', routingKey: '#' }),
    ],
    ['write past the exchange', (orders) => sendBy(orders, { routingKey: 'portico.products' })],
    ['have queues of other names', (orders) => orders.queueDeclare({ queue: 'portico.orders.more' })],
  ])('can not %s', async (_, attempt) => {
    await receiveAt('products')
    await receiveAt('orders')
    await expect(attempt(connect('orders'))).rejects.toThrow(/ACCESS_REFUSED/)
  })
})

async function isWell(check: ReturnType<typeof createRabbitMqTransport>['check']): Promise<boolean> {
  try {
    await check?.check(AbortSignal.timeout(1000))
    return true
  } catch {
    return false
  }
}

async function sendBy(connection: Connection, envelope: Envelope): Promise<void> {
  const publisher = connection.createPublisher({ confirm: true })
  try {
    await publisher.send({ ...envelope, mandatory: true }, 'text')
  } finally {
    await publisher.close()
  }
}

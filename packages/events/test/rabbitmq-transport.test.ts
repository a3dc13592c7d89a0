import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { eventually } from '@portico/testkit/eventually'
import { findRabbitMq, startRabbitMq, type TestRabbitMq } from '@portico/testkit/rabbitmq'
import { Connection } from 'rabbitmq-client'
import type { CloudEvent } from '../src/cloud-event.ts'
import { orderConfirmed } from '../src/contract.ts'
import { wholeTopology } from '../src/rabbitmq-topology.ts'
import { createRabbitMqTransport, type RabbitMqTransportOptions } from '../src/rabbitmq-transport.ts'
import type { Receive, Transport } from '../src/transport.ts'
import { confirmed } from './sample-events.ts'
import { log } from './silent-log.ts'
import { describeTransport } from './transports.ts'

const program = findRabbitMq('events over RabbitMQ')
const describeWithRabbitMq = program === undefined ? describe.skip : describe

describeWithRabbitMq('events over RabbitMQ', () => {
  let broker: TestRabbitMq
  beforeAll(async () => {
    broker = await startRabbitMq(program ?? '')
  }, 120_000)
  afterAll(async () => {
    await broker[Symbol.asyncDispose]()
  })

  let stack: AsyncDisposableStack
  /** Somebody who looks into the broker. */
  let admin: Connection
  beforeEach(() => {
    stack = new AsyncDisposableStack()
    admin = stack.adopt(new Connection(broker.url), (connection) => connection.close())
    // Those of a broker that is killed.
    admin.on('error', () => undefined)
  })
  afterEach(async () => {
    try {
      for (const name of ['orders', 'products']) {
        await admin.queueDelete({ queue: `portico.${name}` })
        await admin.queueDelete({ queue: `portico.${name}.dead` })
      }
    } finally {
      // Or what this test opened would receive what later ones send.
      await stack.disposeAsync()
    }
  }, 60_000)

  function open(subgraph: string, options: Partial<RabbitMqTransportOptions> = {}): Transport {
    return stack.use(createRabbitMqTransport({ subgraph, url: broker.url, log, ...options }))
  }

  /** Opens products, which receives into the list. */
  async function receiveInto(received: CloudEvent[], options: Partial<RabbitMqTransportOptions> = {}) {
    const products = open('products', options)
    await products.receive(async (event) => void received.push(event))
    return products
  }

  /**
   * Ends the broker as a crash does. Not before it has written down the queues of this test: it confirms a new one, and
   * what is sent to it, a second earlier.
   */
  async function crash(): Promise<void> {
    await sleep(2000)
    await broker.kill()
  }

  /** As if all subgraphs had been started once. */
  async function declareQueues(): Promise<void> {
    const { exchanges, queues, queueBindings } = wholeTopology('quorum')
    for (const exchange of exchanges) await admin.exchangeDeclare(exchange)
    for (const queue of queues) await admin.queueDeclare(queue)
    for (const binding of queueBindings) await admin.queueBind(binding)
  }

  /** How many messages wait in a queue for someone who takes them. */
  async function waiting(queue: string): Promise<number> {
    return (await admin.queueDeclare({ queue, passive: true })).messageCount
  }

  /** Sends as a relay does, until all has arrived; resolves with the reasons why something did not at first. */
  async function deliver(sender: Transport, events: readonly CloudEvent[]): Promise<string[]> {
    const reasons: string[] = []
    let left = events
    await eventually(async () => {
      const outcomes = await sender.send(left)
      reasons.push(...outcomes.flatMap((outcome) => outcome?.reason ?? []))
      left = left.filter((_, index) => outcomes[index] !== undefined)
      return left.length === 0
    })
    return reasons
  }

  const many = (length: number) => Array.from({ length }, () => confirmed())
  const ids = (events: readonly CloudEvent[]) => [...new Set(events.map(({ id }) => id))].toSorted()

  for (const queueType of ['quorum', 'classic'] as const) {
    describeTransport(`RabbitMQ with ${queueType} queues`, async () => {
      const orders = createRabbitMqTransport({ subgraph: 'orders', url: broker.url, log, queueType })
      const products = createRabbitMqTransport({ subgraph: 'products', url: broker.url, log, queueType })
      return {
        orders,
        products,
        async [Symbol.asyncDispose]() {
          await Promise.all([orders[Symbol.asyncDispose](), products[Symbol.asyncDispose]()])
        },
      }
    })
  }

  it('stay with their sender until the subgraph that handles them has been started once', async () => {
    const event = confirmed()
    const orders = open('orders')
    expect(await orders.send([event])).toEqual([{ reason: `RabbitMQ has no queue for ${orderConfirmed.name}` }])
    const received: CloudEvent[] = []
    await receiveInto(received)
    await deliver(orders, [event])
    await eventually(() => received.length > 0)
    expect(received).toEqual([event])
  })

  it('show what they are, and whose request they belong to, to who looks into a queue', async () => {
    await declareQueues()
    const event = confirmed({ requestid: 'request-1', traceparent: '00-1-2-01' })
    await open('orders').send([event, confirmed()])
    expect(await admin.basicGet({ queue: 'portico.products', noAck: true })).toMatchObject({
      exchange: 'portico.events',
      routingKey: orderConfirmed.name,
      type: orderConfirmed.name,
      messageId: event.id,
      contentType: 'application/cloudevents+json',
      durable: true,
      userId: 'portico',
      headers: { traceparent: '00-1-2-01', 'x-request-id': 'request-1' },
    })
    const withoutCause = await admin.basicGet({ queue: 'portico.products', noAck: true })
    expect(Object.keys(withoutCause?.headers ?? {}).filter((name) => !name.startsWith('x-delivery'))).toEqual([])
  })

  it('outlast a broker that is killed, and both ends find it again', async () => {
    await declareQueues()
    const orders = open('orders')
    const before = many(20)
    await deliver(orders, before)
    await crash()
    const whileGone = orders.send(many(1))
    expect(await whileGone).toEqual([{ reason: expect.stringMatching(/^RabbitMQ did not take it: ./) }])
    await expect(orders.check?.check(AbortSignal.timeout(1000))).rejects.toThrow(/ECONNRE|socket closed/)
    await broker.restart()
    const received: CloudEvent[] = []
    await receiveInto(received)
    await eventually(() => received.length >= before.length)

    await crash()
    await broker.restart()
    const after = many(20)
    await deliver(orders, after)
    await eventually(() => ids(received).length >= before.length + after.length)
    expect(ids(received)).toEqual(ids([...before, ...after]))
    await orders.check?.check(AbortSignal.timeout(1000))
  }, 120_000)

  it('all arrive when the broker is killed amid them, and those whose confirm was lost may come twice', async () => {
    const orders = open('orders')
    const received: CloudEvent[] = []
    await receiveInto(received)
    const first = many(50)
    await deliver(orders, first)
    await sleep(2000)
    const rest = many(2000)
    const sending = orders.send(rest)
    await eventually(() => received.length > 100)
    await broker.kill()
    const outcomes = await sending
    const undelivered = rest.filter((_, index) => outcomes[index] !== undefined)
    await broker.restart()
    await deliver(orders, undelivered)
    await eventually(() => ids(received).length >= first.length + rest.length)
    expect(ids(received)).toEqual(ids([...first, ...rest]))
  }, 120_000)

  it('are reported undelivered in time by a broker that hangs, and come twice when it goes on', async () => {
    const orders = open('orders', { confirmWithinMs: 500 })
    const received: CloudEvent[] = []
    await receiveInto(received)
    await deliver(orders, many(1))
    const event = confirmed()
    broker.stop()
    try {
      expect(await orders.send([event])).toEqual([{ reason: 'RabbitMQ did not take it: no answer within 500 ms' }])
    } finally {
      broker.continue()
    }
    await deliver(orders, [event])
    await eventually(() => received.filter(({ id }) => id === event.id).length === 2)
    expect(ids(received)).toContain(event.id)
  }, 60_000)

  it('are noticed when no queue takes them', async () => {
    await declareQueues()
    const orders = open('orders')
    await deliver(orders, many(1))
    await admin.queueDelete({ queue: 'portico.products' })
    const events = many(30)
    const outcomes = await orders.send(events)
    expect(new Set(outcomes.map((outcome) => outcome?.reason))).toEqual(
      new Set([`RabbitMQ has no queue for ${orderConfirmed.name}`]),
    )
    // Whoever receives makes its queue again.
    const received: CloudEvent[] = []
    await receiveInto(received)
    await deliver(orders, events)
    await eventually(() => received.length >= events.length)
    expect(ids(received)).toEqual(ids(events))
  })

  it('come from a queue that was deleted and made again while it was received from', async () => {
    const received: CloudEvent[] = []
    const products = await receiveInto(received)
    const orders = open('orders')
    await deliver(orders, many(1))
    await eventually(() => received.length === 1)
    await admin.queueDelete({ queue: 'portico.products' })
    await deliver(orders, many(1))
    await eventually(() => received.length === 2)
    await products.check?.check(AbortSignal.timeout(1000))
    expect(received).toHaveLength(2)
  }, 30_000)

  it('are given back at the end when they could be neither handled nor kept, and come to who is next', async () => {
    let tries = 0
    const away: Receive = async () => {
      tries += 1
      throw new Error('the database is away')
    }
    const event = confirmed()
    await declareQueues()
    await deliver(open('orders'), [event])
    {
      await using products = createRabbitMqTransport({ subgraph: 'products', url: broker.url, log })
      await products.receive(away)
      await eventually(() => tries >= 2)
    }
    const given = tries
    await eventually(async () => (await waiting('portico.products')) === 1)
    const received: CloudEvent[] = []
    await receiveInto(received)
    await eventually(() => received.length > 0)
    expect({ received, tries }).toEqual({ received: [event], tries: given })
  })

  it('are given back more often than RabbitMQ 4 allows when nothing is said', async () => {
    const event = confirmed()
    await declareQueues()
    await deliver(open('orders'), [event])
    for (let times = 0; times < 25; times += 1) {
      await eventually(async () => {
        const message = await admin.basicGet({ queue: 'portico.products' })
        return message !== undefined
      })
      // With its channel ends what holds the message.
      await admin.close()
      admin = stack.adopt(new Connection(broker.url), (connection) => connection.close())
    }
    const received: CloudEvent[] = []
    await receiveInto(received)
    await eventually(() => received.length > 0)
    expect(await waiting('portico.products.dead')).toBe(0)
  }, 30_000)

  it('end in the queue of dead messages when they are no events', async () => {
    const received: CloudEvent[] = []
    await receiveInto(received)
    const publisher = admin.createPublisher({ confirm: true })
    stack.defer(() => publisher.close())
    await eventually(async () => {
      const queue = await admin.queueDeclare({ queue: 'portico.products', passive: true }).catch(() => undefined)
      return queue?.consumerCount === 1
    })
    const envelope = { exchange: 'portico.events', routingKey: orderConfirmed.name, mandatory: true, durable: true }
    for (const body of ['no JSON', { type: orderConfirmed.name }, Buffer.from('')]) await publisher.send(envelope, body)
    await eventually(async () => (await waiting('portico.products.dead')) === 3)
    expect(await admin.basicGet({ queue: 'portico.products.dead', noAck: true })).toMatchObject({ body: 'no JSON' })
    expect(received).toEqual([])
  })

  it('are under way at once only as many as are to be', async () => {
    let release: (() => void) | undefined
    const released = new Promise<void>((resolve) => {
      release = resolve
    })
    let begun = 0
    const products = open('products', { prefetch: 5 })
    await products.receive(async () => {
      begun += 1
      await released
    })
    await deliver(open('orders'), many(20))
    await eventually(async () => begun === 5 && (await waiting('portico.products')) === 15)
    expect(begun).toBe(5)
    release?.()
    await eventually(() => begun === 20)
  })

  it('are counted where they wait and where they are dead, by who receives them', async () => {
    const products = open('products', { prefetch: 1 })
    await expect(products.queues?.()).rejects.toThrow('nothing is received yet')
    const released = Promise.withResolvers<void>()
    await products.receive(() => released.promise)
    await deliver(open('orders'), many(4))
    const publisher = admin.createPublisher({ confirm: true })
    stack.defer(() => publisher.close())
    const envelope = { exchange: 'portico.dead', routingKey: 'products', mandatory: true, durable: true }
    for (const body of ['no JSON', 'nor this']) await publisher.send(envelope, body)
    const counted = async () => JSON.stringify(await products.queues?.().catch(() => undefined))
    await eventually(async () => (await counted()) === '{"waiting":3,"dead":2}')
    expect(await products.queues?.()).toEqual({ waiting: 3, dead: 2 })
    released.resolve()
    await eventually(async () => (await counted()) === '{"waiting":0,"dead":2}')
    // It goes on to receive.
    await products.check?.check(AbortSignal.timeout(1000))
  })

  it('are not counted while the broker hangs, and are afterwards', async () => {
    const products = await receiveInto([])
    const counted = () => products.queues?.().catch((error: Error) => error.message)
    await eventually(async () => typeof (await counted()) === 'object')
    broker.stop()
    try {
      // A broker with threads under way may answer once more.
      await eventually(async () => (await counted()) === 'no answer within 2000 ms')
    } finally {
      broker.continue()
    }
    await eventually(async () => typeof (await counted()) === 'object')
    expect(await counted()).toEqual({ waiting: 0, dead: 0 })
  }, 30_000)

  it('say what is wrong when a queue of another kind is in the way', async () => {
    await admin.queueDeclare({ queue: 'portico.products', durable: true })
    const products = await receiveInto([])
    const reason = () =>
      products.check?.check(AbortSignal.timeout(1000)).then(
        () => '',
        (error: Error) => error.message,
      )
    await eventually(async () => /PRECONDITION_FAILED .* for queue 'portico.products'/.test((await reason()) ?? ''))
    expect(await reason()).toMatch('not receiving from portico.products')
  })

  it('keep nobody waiting who ends while the broker is gone', async () => {
    const orders = open('orders')
    const products = await receiveInto([])
    await deliver(orders, many(1))
    await crash()
    const sending = orders.send([confirmed()])
    const started = performance.now()
    await Promise.all([orders[Symbol.asyncDispose](), products[Symbol.asyncDispose]()])
    expect(performance.now() - started).toBeLessThan(2000)
    expect(await sending).toEqual([{ reason: expect.any(String) }])
    await broker.restart()
  }, 120_000)

  it('leave no failure unhandled, no listener and no timer behind in a process that saw a broker come and go', async () => {
    const script = join(import.meta.dirname, 'rabbitmq-outage.ts')
    const child = spawn(process.execPath, ['--conditions=portico:source', script, broker.url])
    stack.defer(() => void child.kill('SIGKILL'))
    let output = ''
    child.stdout.on('data', (data) => (output += String(data)))
    const errors = text(child.stderr)
    const exited = once(child, 'exit')
    const arriving = async () => {
      output = ''
      await eventually(() => output.includes('arrived') || child.exitCode !== null)
    }
    await arriving()
    await crash()
    await sleep(2000)
    await broker.restart()
    await arriving()
    broker.stop()
    await sleep(2000)
    broker.continue()
    await arriving()
    child.stdin.end()
    await exited
    expect({ code: child.exitCode, errors: await errors }).toEqual({ code: 0, errors: '' })
    expect(output).toMatch('missing: 0\n')
  }, 120_000)
})

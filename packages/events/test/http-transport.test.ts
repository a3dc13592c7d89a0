import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createIdentityKey, publicKeysOf, type IdentityKey } from '@portico/service-kit/identity-key'
import { fastify, type FastifyInstance } from 'fastify'
import { BATCH_TYPE, type CloudEvent } from '../src/cloud-event.ts'
import { orderConfirmed, stockReserved } from '../src/contract.ts'
import { createHttpTransport, EVENTS_PATH } from '../src/http-transport.ts'
import { createSigner, createVerifier, SIGNATURE_HEADER } from '../src/push-signature.ts'
import type { Receive, Transport } from '../src/transport.ts'

const keys: Record<'orders' | 'products' | 'nobody', IdentityKey> = {
  orders: await createIdentityKey(),
  products: await createIdentityKey(),
  nobody: await createIdentityKey(),
}

let stack: AsyncDisposableStack
/** What products received. */
let received: CloudEvent[]
let receive: Receive
let products: URL
let server: FastifyInstance
beforeEach(async () => {
  stack = new AsyncDisposableStack()
  received = []
  receive = async (event) => void received.push(event)
  server = fastify({ forceCloseConnections: true })
  stack.defer(() => server.close())
  const transport = stack.use(await transportOf('products', new Map()))
  transport.routes?.(server)
  products = new URL(await server.listen({ host: '127.0.0.1', port: 0 }))
  await transport.receive((...args) => receive(...args))
})
afterEach(async () => {
  await stack.disposeAsync()
})

async function transportOf(
  subgraph: 'orders' | 'products',
  subscribers: ReadonlyMap<string, URL>,
  { key = keys[subgraph], answerWithinMs = 2000 } = {},
): Promise<Transport> {
  const other = subgraph === 'orders' ? 'products' : 'orders'
  return createHttpTransport({
    subscribers,
    sign: await createSigner(subgraph, key),
    verify: createVerifier(subgraph, new Map([[other, publicKeysOf(keys[other])]])),
    answerWithinMs,
  })
}

async function orders(options: { key?: IdentityKey; address?: URL; answerWithinMs?: number } = {}): Promise<Transport> {
  const { address = products, ...rest } = options
  return stack.use(await transportOf('orders', new Map([['products', address]]), rest))
}

function confirmed(changes: Partial<CloudEvent> = {}): CloudEvent {
  const orderId = randomUUID()
  return {
    specversion: '1.0',
    id: randomUUID(),
    source: '/portico/orders',
    type: orderConfirmed.name,
    subject: orderId,
    time: '2026-01-02T03:04:05.678Z',
    datacontenttype: 'application/json',
    data: { orderId },
    ...changes,
  }
}

describe('events that are pushed over HTTP', () => {
  it('arrive whole, and only at those who handle them', async () => {
    const sender = await orders()
    const mine = confirmed({ requestid: 'request-1', traceparent: '00-1-2-01' })
    const notTheirs = confirmed({ type: stockReserved.name })
    const nobodys = confirmed({ type: 'portico.order.applauded.v1' })
    expect(await sender.send([mine, nobodys])).toEqual([undefined, undefined])
    expect(received).toEqual([mine])
    expect(await sender.send([notTheirs])).toEqual([{ reason: 'no address of orders is configured' }])
  })

  it('tell which of them have to be sent again, and which never', async () => {
    const sender = await orders()
    const [fine, later, malformed, foreign] = [
      confirmed(),
      confirmed(),
      confirmed({ time: 'yesterday' }),
      confirmed({ source: '/portico/users' }),
    ]
    receive = async (event) => {
      if (event.id === later.id) throw new Error('the database is away')
    }
    expect(await sender.send([fine, later, malformed, foreign])).toEqual([
      undefined,
      { reason: 'the database is away', hopeless: false },
      { reason: expect.stringContaining('Not a CloudEvent'), hopeless: true },
      { reason: 'orders may not speak for /portico/users', hopeless: true },
    ])
  })

  it('are refused of whoever has no key that is known', async () => {
    const sender = await orders({ key: keys.nobody })
    expect(await sender.send([confirmed()])).toEqual([{ reason: expect.stringContaining('products answered 401') }])
    // Known, but for speaking as itself.
    const impostor = await orders({ key: keys.products })
    expect(await impostor.send([confirmed()])).toEqual([{ reason: expect.stringContaining('products answered 401') }])
    expect(received).toEqual([])
  })

  it('are refused when signed for another receiver, another body or long ago, or not at all', async () => {
    const body = JSON.stringify([confirmed()])
    const post = async (signature: string | undefined, sent = body) => {
      const response = await fetch(new URL(EVENTS_PATH, products), {
        method: 'POST',
        headers: {
          'content-type': BATCH_TYPE,
          ...(signature === undefined ? {} : { [SIGNATURE_HEADER]: signature }),
        },
        body: sent,
      })
      await response.text()
      return response.status
    }
    const sign = await createSigner('orders', keys.orders)
    const signLongAgo = await createSigner('orders', keys.orders, () => Date.now() - 120_000)
    expect(await post(undefined)).toBe(401)
    expect(await post(await sign(body, 'users'))).toBe(401)
    expect(await post(await sign(body, 'products'), JSON.stringify([confirmed()]))).toBe(401)
    expect(await post(await signLongAgo(body, 'products'))).toBe(401)
    expect(received).toEqual([])
    expect(await post(await sign('{"not":"a list"}', 'products'), '{"not":"a list"}')).toBe(400)
    expect(await post(await sign(body, 'products'))).toBe(200)
  })

  it('are not even read of whoever has no signature', async () => {
    const socket = connect(Number(products.port), products.hostname)
    // The body never comes.
    socket.write(
      `POST ${EVENTS_PATH} HTTP/1.1\r\nhost: products\r\ncontent-type: ${BATCH_TYPE}\r\ncontent-length: 9999\r\n\r\n`,
    )
    const [answer] = (await once(socket, 'data')) as [Buffer]
    expect(answer.toString()).toMatch(/^HTTP\/1.1 401 /)
    socket.destroy()
  })

  it('need not be handled once their sender has given up', async () => {
    const sender = await orders({ answerWithinMs: 50 })
    const abandoned = new Promise<void>((resolve) => {
      receive = async (_, signal) => {
        signal?.addEventListener('abort', () => resolve())
        await abandoned
      }
    })
    expect(await sender.send([confirmed()])).toMatchObject([{ reason: expect.stringContaining('timeout') }])
    await abandoned
  })

  it('are not taken as JSON of any other kind', async () => {
    const response = await fetch(new URL(EVENTS_PATH, products), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        [SIGNATURE_HEADER]: await (await createSigner('orders', keys.orders))('[]', 'products'),
      },
      body: '[]',
    })
    expect(response.status).toBe(415)
  })

  it('are sent again when nobody is there, or nobody answers in time', async () => {
    const gone = await orders({ address: new URL('http://127.0.0.1:1') })
    expect(await gone.send([confirmed()])).toEqual([{ reason: expect.stringMatching(/^products can't be reached: /) }])

    const silent = createServer(() => undefined).listen(0, '127.0.0.1')
    stack.defer(() => {
      silent.closeAllConnections()
      silent.close()
    })
    await once(silent, 'listening')
    const address = silent.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    const waiting = await orders({ address: new URL(`http://127.0.0.1:${address.port}`), answerWithinMs: 100 })
    expect(await waiting.send([confirmed()])).toEqual([{ reason: expect.stringContaining('timeout') }])
  })

  it('follow no redirection', async () => {
    const elsewhere = createServer((_, response) => response.writeHead(307, { location: products.href }).end())
    elsewhere.listen(0, '127.0.0.1')
    stack.defer(() => void elsewhere.close())
    await once(elsewhere, 'listening')
    const address = elsewhere.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    const sender = await orders({ address: new URL(`http://127.0.0.1:${address.port}`) })
    expect(await sender.send([confirmed()])).toEqual([{ reason: expect.stringContaining("can't be reached") }])
    expect(received).toEqual([])
  })
})

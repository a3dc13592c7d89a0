import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { eventually } from '@portico/testkit/eventually'
import type { CloudEvent } from '../src/cloud-event.ts'
import { orderConfirmed, orderPlaced } from '../src/contract.ts'
import { startListening } from '../src/listener.ts'
import { announce } from '../src/outbox.ts'
import { startRelay } from '../src/relay.ts'
import type { Delivery } from '../src/transport.ts'
import { createWake } from '../src/wake.ts'
import { createEventsDatabase, type EventsDatabase } from './events-database.ts'
import { log } from './silent-log.ts'

let events: EventsDatabase
beforeEach(async () => {
  events = await createEventsDatabase()
})
afterEach(async () => {
  await events[Symbol.asyncDispose]()
})

const SLOW_SWEEP = 60_000
const FAST = { firstMs: 1, mostMs: 20 }

/** Announces a confirmed order, and returns its id. */
async function confirm(orderId: string = randomUUID()): Promise<string> {
  await events.db.$transaction((tx) => announce(tx, { type: orderConfirmed, subject: orderId, data: { orderId } }))
  return orderId
}

type Send = (sent: readonly CloudEvent[]) => Promise<readonly Delivery[]>

/** A relay that hands events to `send`, and looks at the outbox each 20 ms. */
function relay(send: Send, options: { sweepMs?: number; batch?: number; lanes?: number } = {}) {
  const transport = { send }
  return startRelay({
    subgraph: 'orders',
    pool: events.pool,
    transport,
    wake: createWake(),
    log,
    sweepMs: 20,
    backoff: FAST,
    ...options,
  })
}

async function states(): Promise<{ subject: string; state: string; attempts: number; last_error: string | null }[]> {
  const { rows } = await events.database.sql.query<{
    subject: string
    state: string
    attempts: number
    last_error: string | null
  }>('SELECT subject, state::text, attempts, last_error FROM outbox_event ORDER BY position')
  return rows
}

const allAre = (state: string) => eventually(async () => (await states()).every((row) => row.state === state))

describe('the relay', () => {
  it('sends what was committed, as CloudEvents that say where they come from', async () => {
    const sent: CloudEvent[] = []
    await using _ = relay(async (batch) => {
      sent.push(...batch)
      return batch.map(() => undefined)
    })
    const orderId = randomUUID()
    const cause = { requestid: 'request-1', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }
    await events.db.$transaction((tx) =>
      announce(tx, { type: orderConfirmed, subject: orderId, data: { orderId }, cause }),
    )
    await allAre('DONE')
    expect(sent).toEqual([
      {
        specversion: '1.0',
        id: expect.any(String),
        source: '/portico/orders',
        type: 'portico.order.confirmed.v1',
        subject: orderId,
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        datacontenttype: 'application/json',
        data: { orderId },
        ...cause,
      },
    ])
  })

  it('sends nothing of a transaction that was rolled back, and nothing of one with data that its type refuses', async () => {
    const orderId = randomUUID()
    await expect(
      events.db.$transaction(async (tx) => {
        await announce(tx, { type: orderConfirmed, subject: orderId, data: { orderId } })
        throw new Error('changed my mind')
      }),
    ).rejects.toThrow('changed my mind')
    await expect(
      events.db.$transaction((tx) =>
        announce(
          tx,
          { type: orderConfirmed, subject: orderId, data: { orderId } },
          { type: orderPlaced, subject: orderId, data: { orderId, lines: [] } },
        ),
      ),
    ).rejects.toThrow('Not the data of portico.order.placed.v1')
    expect(await states()).toEqual([])
  })

  it('is woken by the commit, long before it would look by itself', async () => {
    const wake = createWake()
    await using _listener = startListening({ url: events.database.url, channel: 'outbox_event', wake, log })
    const rung = wake.rung()
    await wake.wait(rung, 5000)
    const sent: string[] = []
    const send: Send = async (batch) => {
      sent.push(...batch.map(({ subject }) => subject))
      return batch.map(() => undefined)
    }
    await using _relay = startRelay({
      subgraph: 'orders',
      pool: events.pool,
      transport: { send },
      wake,
      log,
      sweepMs: SLOW_SWEEP,
    })
    const id = await confirm()
    await eventually(async () => sent.includes(id))
    // Notifications of the time without a connection are lost: coming back counts as one.
    await events.database.breakConnections()
    await eventually(() =>
      events.pool.query('SELECT 1').then(
        () => true,
        () => false,
      ),
    )
    const second = await confirm()
    await eventually(async () => sent.includes(second))
    expect(sent).toEqual([id, second])
  })

  it('notices a connection on which nothing answers any more, and ends without waiting for it', async () => {
    const database = new URL(events.database.url)
    const sockets: Socket[] = []
    let isSilent = false
    await using silencer = createServer((client) => {
      const server = connect(Number(database.port), database.hostname)
      sockets.push(client, server)
      for (const socket of [client, server]) socket.on('error', () => undefined)
      client.on('data', (data) => void (isSilent || server.write(data)))
      server.on('data', (data) => void (isSilent || client.write(data)))
    })
    await once(silencer.listen(0, '127.0.0.1'), 'listening')
    const { port } = silencer.address() as AddressInfo
    const through = Object.assign(new URL(events.database.url), { host: `127.0.0.1:${port}` })
    const wake = createWake()
    const listener = startListening({
      url: through.href,
      channel: 'outbox_event',
      wake,
      log,
      checkEveryMs: 20,
      answerWithinMs: 200,
    })
    await wake.wait(wake.rung(), 5000)
    const first = sockets.length
    isSilent = true
    await eventually(async () => sockets.length > first)
    expect(await Promise.race([listener[Symbol.asyncDispose]().then(() => 'ended'), sleep(10_000, 'hangs')])).toBe(
      'ended',
    )
    for (const socket of sockets) socket.destroy()
  })

  it('notes reasons that others gave, whatever they wrote', async () => {
    await confirm()
    await using _ = relay(async (batch) => batch.map(() => ({ reason: 'no\u0000\ud800\nnever', hopeless: true })))
    await allAre('DEAD')
    expect(await states()).toMatchObject([{ last_error: 'no \ufffd never' }])
  })

  it('does not look again with each notification while nobody takes anything', async () => {
    await confirm()
    let tries = 0
    const wake = createWake()
    const relaying = startRelay({
      subgraph: 'orders',
      pool: events.pool,
      transport: {
        send: async (batch) => {
          tries += 1
          return batch.map(() => ({ reason: 'nobody is there' }))
        },
      },
      wake,
      log,
      sweepMs: SLOW_SWEEP,
      backoff: { firstMs: 2000, mostMs: 60_000 },
      lanes: 1,
    })
    for (let count = 0; count < 20; count += 1) {
      await confirm()
      wake.ring()
    }
    await relaying[Symbol.asyncDispose]()
    expect(tries).toBeLessThan(3)
  })

  it('sends the events of a subject one after the other, and those of others meanwhile', async () => {
    const [slow, quick] = [randomUUID(), randomUUID()]
    for (let count = 0; count < 3; count += 1) await confirm(slow)
    await confirm(quick)
    const open = new Set<string>()
    const sent: string[] = []
    let release: (() => void) | undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    await using _ = relay(
      async (batch) => {
        for (const { subject } of batch) {
          expect(open).not.toContain(subject)
          open.add(subject)
          if (subject === slow && !sent.includes(quick)) await held
          sent.push(subject)
          open.delete(subject)
        }
        return batch.map(() => undefined)
      },
      { batch: 1 },
    )
    await eventually(async () => sent.includes(quick))
    expect(sent).toEqual([quick])
    release?.()
    await allAre('DONE')
    expect(sent).toEqual([quick, slow, slow, slow])
  })

  it('tries again what did not arrive, for however long nobody is there, and notes the reason', async () => {
    const lucky = await confirm()
    const unlucky = await confirm()
    let attempts = 0
    let isThere = false
    await using _ = relay(async (batch) =>
      batch.map(({ subject }) => {
        if (subject === unlucky) return isThere ? undefined : { reason: 'nobody is there' }
        attempts += 1
        return attempts < 3 ? { reason: 'not yet' } : undefined
      }),
    )
    await eventually(async () => (await states()).some((row) => row.attempts > 5))
    expect(await states()).toEqual([
      { subject: lucky, state: 'DONE', attempts: 3, last_error: null },
      { subject: unlucky, state: 'PENDING', attempts: expect.any(Number), last_error: 'nobody is there' },
    ])
    isThere = true
    await allAre('DONE')
  })

  it('makes what can never arrive a dead letter at once, which holds back its own subject alone', async () => {
    const bad = await confirm()
    await confirm(bad)
    const good = await confirm()
    await using _ = relay(async (batch) =>
      batch.map(({ subject }) => (subject === bad ? { reason: 'malformed', hopeless: true } : undefined)),
    )
    await eventually(async () => (await states()).filter(({ state }) => state !== 'PENDING').length === 2)
    // The second one would have had its turn by now.
    await confirm(good)
    await eventually(async () => (await states()).filter(({ state }) => state === 'DONE').length === 2)
    expect((await states()).map(({ subject, state }) => [subject, state])).toEqual([
      [bad, 'DEAD'],
      [bad, 'PENDING'],
      [good, 'DONE'],
      [good, 'DONE'],
    ])
  })

  it('shares the outbox with another relay: neither sends what the other has under way', async () => {
    const ids = await Promise.all(Array.from({ length: 60 }, () => confirm()))
    const sent: string[] = []
    const send: Send = async (batch) => {
      sent.push(...batch.map(({ subject }) => subject))
      await new Promise((resolve) => setTimeout(resolve, 5))
      return batch.map(() => undefined)
    }
    await using _one = relay(send, { batch: 7 })
    await using _other = relay(send, { batch: 7 })
    await allAre('DONE')
    expect(sent.toSorted()).toEqual(ids.toSorted())
  })

  it('loses a batch with its connection, and the next one sends it again', async () => {
    const id = await confirm()
    let times = 0
    await using _ = relay(
      async (batch) => {
        times += 1
        if (times === 1) await events.database.breakConnections()
        return batch.map(() => undefined)
      },
      { lanes: 1 },
    )
    await allAre('DONE')
    expect(times).toBe(2)
    expect(await states()).toEqual([{ subject: id, state: 'DONE', attempts: 1, last_error: null }])
  })
})

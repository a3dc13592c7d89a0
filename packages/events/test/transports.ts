import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { eventually } from '@portico/testkit/eventually'
import type { CloudEvent } from '../src/cloud-event.ts'
import type { Receive, Transport } from '../src/transport.ts'
import { confirmed, reserved } from './sample-events.ts'

/** The two ends of a way between subgraphs. */
export interface TransportPair extends AsyncDisposable {
  orders: Transport
  products: Transport
}

/** What holds of every transport, with the ends that `open` connects before either receives. */
export function describeTransport(name: string, open: () => Promise<TransportPair>): void {
  describe(`events over ${name}`, () => {
    let pair: TransportPair
    let received: Record<'orders' | 'products', CloudEvent[]>
    beforeEach(async () => {
      pair = await open()
      received = { orders: [], products: [] }
    }, 30_000)
    afterEach(async () => {
      await pair[Symbol.asyncDispose]()
    })

    async function receiveAtBoth(atProducts: Receive = async (event) => void received.products.push(event)) {
      await pair.orders.receive(async (event) => void received.orders.push(event))
      await pair.products.receive(atProducts)
    }

    /** Sends as a relay does: again what did not arrive. */
    async function deliver(sender: Transport, events: readonly CloudEvent[]): Promise<void> {
      let left = events
      await eventually(async () => {
        const outcomes = await sender.send(left)
        expect(outcomes).toHaveLength(left.length)
        left = left.filter((_, index) => outcomes[index] !== undefined)
        return left.length === 0
      })
    }

    it('brings an event whole to the subgraph that handles it, and to no other', async () => {
      await receiveAtBoth()
      const toProducts = confirmed({ requestid: 'request-1', traceparent: '00-1-2-01', data: { text: 'Grüße, 東京' } })
      const toOrders = reserved()
      await deliver(pair.orders, [toProducts])
      await deliver(pair.products, [toOrders])
      await eventually(() => received.products.length > 0 && received.orders.length > 0)
      expect(received).toEqual({ orders: [toOrders], products: [toProducts] })
    })

    it('keeps the order in which events are sent one after the other', async () => {
      await receiveAtBoth()
      const events = Array.from({ length: 30 }, () => confirmed({ subject: 'the same' }))
      for (const event of events) await deliver(pair.orders, [event])
      await eventually(() => received.products.length >= events.length)
      expect(received.products).toEqual(events)
    })

    it('brings what is sent in several batches at once, each event once when nothing fails', async () => {
      await receiveAtBoth()
      const batches = [100, 100, 1].map((length) => Array.from({ length }, () => confirmed()))
      await Promise.all(batches.map((batch) => deliver(pair.orders, batch)))
      await eventually(() => received.products.length >= 201)
      const ids = (events: readonly CloudEvent[]) => events.map(({ id }) => id).toSorted()
      expect(ids(received.products)).toEqual(ids(batches.flat()))
    })

    it('brings an event again that could be neither handled nor kept', async () => {
      let tries = 0
      await receiveAtBoth(async (event) => {
        tries += 1
        if (tries < 4) throw new Error('the database is away')
        received.products.push(event)
      })
      const event = confirmed()
      await deliver(pair.orders, [event])
      await eventually(() => received.products.length > 0)
      expect({ tries, received: received.products }).toEqual({ tries: 4, received: [event] })
    })

    it('has nothing to do about an event that nobody handles', async () => {
      await receiveAtBoth()
      expect(await pair.orders.send([confirmed({ type: 'portico.order.applauded.v1' })])).toEqual([undefined])
      expect(await pair.orders.send([])).toEqual([])
    })

    it('carries a large event', async () => {
      await receiveAtBoth()
      const event = confirmed({ data: { text: 'x'.repeat(1_000_000) } })
      await deliver(pair.orders, [event])
      await eventually(() => received.products.length > 0)
      expect(received.products).toEqual([event])
    })

    it('tells that it is well, when it rests on something', async () => {
      await receiveAtBoth()
      const { check } = pair.products
      const isWell = async () => {
        try {
          await check?.check(AbortSignal.timeout(1000))
          return true
        } catch {
          return false
        }
      }
      await eventually(isWell)
      expect(await isWell()).toBe(true)
    })
  })
}

import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '@portico/database/demo/random'
import { BATCH_TYPE } from '@portico/events/cloud-event'
import { EVENTS_PATH } from '@portico/events/http-transport'
import { SIGNATURE_HEADER, type SignBody } from '@portico/events/push-signature'
import { z } from 'zod'
import type { Deliveries, SentEvent } from './deliveries.ts'

/** Stands between the subgraphs and does to pushed events what networks and brokers do. */
export interface PushProxy extends AsyncDisposable {
  url: string
  /** From now on everything goes straight through. What is held back is still delivered. */
  calm(): void
  /** Deliveries that are under way or held back. */
  held(): number
  /** How often what was done. */
  fates(): Record<string, number>
}

export interface PushProxyOptions {
  /** The subgraph that the events are for. */
  subscriber: string
  /** The addresses of its replicas: each delivery goes to any of them. */
  targets: readonly string[]
  /** Signs as the sender, for what is delivered in another form than it was sent in. */
  sign: SignBody
  random: Random
  likelihoods: Fates
  deliveries: Deliveries
}

/** What happens to a batch, and how often of 100 times. The rest goes straight through. */
export type Fates = Readonly<Record<Fate, number>>

/**
 * - `delay`: it arrives up to two seconds late
 * - `loseBatch`: the connection breaks before it arrived
 * - `loseAnswer`: the connection breaks after it arrived
 * - `twice`: it arrives two times at once
 * - `againLater`: it arrives, and after up to four seconds once more
 * - `scatter`: the sender is told that it arrived; each of its events does later, by itself, as behind a broker
 */
type Fate = 'delay' | 'loseBatch' | 'loseAnswer' | 'twice' | 'againLater' | 'scatter'

export const USUAL_FATES: Fates = { delay: 12, loseBatch: 8, loseAnswer: 10, twice: 8, againLater: 10, scatter: 10 }

const answerSchema = z.object({ undelivered: z.array(z.object({ id: z.string() })) })
const batchSchema = z.array(z.looseObject({ id: z.string(), subject: z.string() }))
const PATIENCE_MS = 10_000
const LATE_MS = 4000

/** Starts a proxy on a free port. */
export async function startPushProxy(options: PushProxyOptions): Promise<PushProxy> {
  const { subscriber, targets, sign, random, likelihoods, deliveries } = options
  const fates: Record<string, number> = {}
  const stopping = new AbortController()
  let isCalm = false
  let held = 0

  function drawFate(): Fate | 'pass' {
    if (isCalm) return 'pass'
    let drawn = random.fraction() * 100
    for (const fate of Object.keys(likelihoods) as Fate[]) {
      drawn -= likelihoods[fate]
      if (drawn < 0) return fate
    }
    return 'pass'
  }

  /** Delivers a batch as it was signed, and returns the answer. */
  async function deliver(body: Buffer, signature: string): Promise<{ status: number; text: string }> {
    held += 1
    try {
      const response = await fetch(new URL(EVENTS_PATH, random.pick(targets)), {
        method: 'POST',
        headers: { 'content-type': BATCH_TYPE, [SIGNATURE_HEADER]: signature },
        body: new Uint8Array(body),
        signal: AbortSignal.any([AbortSignal.timeout(PATIENCE_MS), stopping.signal]),
      })
      const text = await response.text()
      if (response.ok) count(body, text)
      return { status: response.status, text }
    } finally {
      held -= 1
    }
  }

  function count(body: Buffer, answer: string) {
    const refused = new Set(answerSchema.parse(JSON.parse(answer)).undelivered.map(({ id }) => id))
    for (const event of eventsOf(body)) if (!refused.has(event.id)) deliveries.taken(event)
  }

  /** Delivers one event by itself after a while, for as long as it takes: the sender takes it for delivered. */
  async function deliverLate(event: SentEvent) {
    held += 1
    try {
      await sleep(random.integer(0, LATE_MS), undefined, { signal: stopping.signal })
      const body = Buffer.from(JSON.stringify([event]))
      for (;;) {
        const answer = await deliver(body, await sign(body.toString(), subscriber)).catch(() => undefined)
        if (answer?.status === 200 && answerSchema.parse(JSON.parse(answer.text)).undelivered.length === 0) return
        await sleep(100, undefined, { signal: stopping.signal })
      }
    } finally {
      held -= 1
    }
  }

  async function repeatLater(body: Buffer, signature: string) {
    held += 1
    try {
      await sleep(random.integer(50, LATE_MS), undefined, { signal: stopping.signal })
      await deliver(body, signature)
    } finally {
      held -= 1
    }
  }

  async function take(request: IncomingMessage, response: ServerResponse) {
    const body = await buffer(request)
    const signature = String(request.headers[SIGNATURE_HEADER])
    const events = eventsOf(body)
    for (const event of events) deliveries.sent(event)
    const fate = drawFate()
    fates[fate] = (fates[fate] ?? 0) + 1
    const inBackground = (work: Promise<unknown>) => void work.catch(() => undefined)

    if (fate === 'loseBatch') {
      request.socket.resetAndDestroy()
      return
    }
    if (fate === 'delay') await sleep(random.integer(50, 2000))
    if (fate === 'scatter') {
      for (const event of events) inBackground(deliverLate(event))
      response.setHeader('content-type', 'application/json').end('{"undelivered":[]}')
      return
    }
    if (fate === 'twice') inBackground(deliver(body, signature))
    if (fate === 'againLater') inBackground(repeatLater(body, signature))
    const answer = await deliver(body, signature)
    if (fate === 'loseAnswer') request.socket.resetAndDestroy()
    else response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.text)
  }

  const server = createServer((request, response) => {
    take(request, response).catch(() => request.socket.resetAndDestroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port.')
  return {
    url: `http://127.0.0.1:${address.port}`,
    calm() {
      isCalm = true
    },
    held: () => held,
    fates: () => ({ ...fates }),
    async [Symbol.asyncDispose]() {
      stopping.abort()
      server.close()
      server.closeAllConnections()
    },
  }
}

function eventsOf(body: Buffer): SentEvent[] {
  return batchSchema.parse(JSON.parse(body.toString()))
}

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { findRabbitMq } from '@portico/testkit/rabbitmq'
import { breakBuild, type Breakage } from './breakage.ts'
import { startInfrastructure, type Infrastructure } from './infrastructure.ts'
import { planRun, type RunPlan } from './plan.ts'
import { USUAL_FATES } from './push-proxy.ts'
import { runChaos } from './run.ts'

const hasBroker = findRabbitMq('crash suite by RabbitMQ') !== undefined

let infrastructure: Infrastructure | undefined
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portico-chaos-logs-'))
  infrastructure = await startInfrastructure({ withBroker: hasBroker })
}, 240_000)
afterAll(async () => {
  await infrastructure?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
}, 60_000)

/** Of a run on a busy machine. */
const WITHIN_MS = 400_000

/** Short and rough. */
const ROUGH = {
  opensStocked: true,
  leastOrders: 20,
  customers: 16,
  thinkMs: 100,
  faultEveryMs: 800,
  faultLongestMs: 1000,
  replicas: { orders: 2, products: 1 },
  confirmWithinMs: 6000,
  fates: { ...USUAL_FATES, scatter: 25 },
}

async function run(plan: Partial<RunPlan>, breakages: readonly Breakage[] = []) {
  if (!infrastructure) throw new Error('There are no servers.')
  const build = breakages.length === 0 ? undefined : await breakBuild(breakages)
  const usual = planRun({ seed: 'test', seconds: 8, transport: 'http' }, 1)
  return runChaos({ ...usual, ...ROUGH, quietWithinMs: 90_000, ...plan }, { ...infrastructure, folder, build })
}

const rulesOf = ({ violations }: Awaited<ReturnType<typeof run>>) => new Set(violations.map(({ rule }) => rule))

describe('orders that are placed while everything breaks', () => {
  // That some were confirmed, something broke and events came twice is among what must hold.
  it(
    'are right in the end, with events by HTTP that come in any order',
    async () => {
      const { violations, events } = await run({ seconds: 4 })
      expect(violations).toEqual([])
      expect(events.notedOutOfOrder).toBeGreaterThan(0)
    },
    WITHIN_MS,
  )

  if (hasBroker) {
    it(
      'are right in the end, with events by RabbitMQ that come in any order',
      async () => {
        const { violations, events } = await run({ seconds: 4, transport: 'rabbitmq' })
        expect(violations).toEqual([])
        expect(events.notedOutOfOrder).toBeGreaterThan(0)
      },
      WITHIN_MS,
    )
  }
})

/** An order without the event that asks for its stock. */
const LOST_OUTBOX_WRITE: Breakage = {
  file: 'subgraphs/orders/src/placement.ts',
  statement: 'await announce(tx, { type: orderPlaced,',
  replacement: 'if (Math.random() < 0.8) await announce(tx, { type: orderPlaced,',
}
/** A delivery that is handled, be it the first or not. */
const MISSING_INBOX_CHECK: Breakage = {
  file: 'packages/events/src/inbox.ts',
  statement: `if (isFirst === 0) return 'repeated'`,
  replacement: '',
}

describe('the crash suite', () => {
  /** Nothing is killed: that events are late and come twice is enough, and shows sooner. */
  const gentle: Partial<RunPlan> = {
    seconds: 3,
    leastOrders: 60,
    customers: 24,
    thinkMs: 50,
    faultEveryMs: 60_000,
    replicas: { orders: 1, products: 1 },
    fates: { delay: 20, loseBatch: 0, loseAnswer: 0, twice: 30, againLater: 30, scatter: 0 },
    quietWithinMs: 6000,
  }

  it(
    'notices an outbox that loses a write',
    async () => {
      const result = await run({ ...gentle, confirmWithinMs: 1500 }, [LOST_OUTBOX_WRITE])
      expect(rulesOf(result)).toContain('every order asks for its stock')
    },
    WITHIN_MS,
  )

  it(
    'notices an inbox that forgets what it had',
    async () => {
      const result = await run({ ...gentle, confirmWithinMs: 60_000 }, [MISSING_INBOX_CHECK])
      expect(rulesOf(result)).toContain('each event is handled once')
    },
    WITHIN_MS,
  )
})

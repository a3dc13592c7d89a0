import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { findRabbitMq } from '@portico/testkit/rabbitmq'
import { breakBuild, type Breakage } from './breakage.ts'
import { startInfrastructure, type Infrastructure } from './infrastructure.ts'
import { planRun } from './plan.ts'
import { runChaos, type RunPlan } from './run.ts'

const hasBroker = findRabbitMq('crash suite by RabbitMQ') !== undefined

let infrastructure: Infrastructure
let folder: string
beforeAll(async () => {
  infrastructure = await startInfrastructure({ withBroker: hasBroker })
  folder = await mkdtemp(join(tmpdir(), 'portico-chaos-logs-'))
}, 60_000)
afterAll(async () => {
  await infrastructure[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

/** Short and rough. */
const ROUGH = {
  leastOrders: 20,
  customers: 12,
  faultEveryMs: 800,
  faultLongestMs: 1500,
  replicas: { orders: 2, products: 1 },
  confirmWithinMs: 4000,
}

async function run(plan: Partial<RunPlan>, breakages: readonly Breakage[] = []) {
  const build = breakages.length === 0 ? undefined : await breakBuild(breakages)
  const usual = planRun({ seed: 'test', seconds: 8, transport: 'http' }, 1)
  return runChaos({ ...usual, ...ROUGH, quietWithinMs: 90_000, ...plan }, { ...infrastructure, folder, build })
}

const rulesOf = ({ violations }: Awaited<ReturnType<typeof run>>) => new Set(violations.map(({ rule }) => rule))

describe('orders that are placed while everything breaks', () => {
  it('are right in the end, with events by HTTP', async () => {
    const result = await run({ seconds: 6 })
    expect(result.violations).toEqual([])
    expect(result.acknowledged).toBeGreaterThan(0)
    expect(result.faults.length).toBeGreaterThan(0)
    expect(result.events.repeats).toBeGreaterThan(0)
  }, 240_000)

  if (hasBroker) {
    it('are right in the end, with events by RabbitMQ', async () => {
      const result = await run({ seconds: 6, transport: 'rabbitmq' })
      expect(result.violations).toEqual([])
      expect(result.acknowledged).toBeGreaterThan(0)
    }, 240_000)
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
/** An order that asks for stock again is decided on again. With this check alone, repeats do no harm even so. */
const MISSING_CLAIM_CHECK: Breakage = {
  file: 'subgraphs/products/src/stock-claims.ts',
  statement: 'if (isNew === 0) return',
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
    quietWithinMs: 6000,
  }

  it('notices an outbox that loses a write', async () => {
    const result = await run({ ...gentle, confirmWithinMs: 1500 }, [LOST_OUTBOX_WRITE])
    expect(rulesOf(result)).toContain('every order asks for its stock')
  }, 240_000)

  it('notices an inbox that forgets what it had, where the claims on stock forget it too', async () => {
    const fates = { delay: 20, loseBatch: 0, loseAnswer: 0, twice: 30, againLater: 30, scatter: 0 }
    const result = await run({ ...gentle, fates }, [MISSING_INBOX_CHECK, MISSING_CLAIM_CHECK])
    expect(rulesOf(result)).toContain('stock is decided on once')
  }, 240_000)
})

import { mkdir, rm } from 'node:fs/promises'
import { createRandom } from '@portico/database/demo/random'
import { readBooks, type Books } from './books.ts'
import type { BrokenBuild } from './breakage.ts'
import { untilCopied } from './catalogue.ts'
import { describeSubject } from './dossier.ts'
import { keepEvidence } from './evidence.ts'
import type { Infrastructure } from './infrastructure.ts'
import { allHold } from './invariants/all.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { runLoad, type Leftovers } from './load.ts'
import type { RunPlan } from './plan.ts'
import { untilQuiet } from './quiet.ts'
import { emptyResult, summariseBooks, summariseLedger, type RunResult } from './result.ts'
import { createShopClient } from './shop-client.ts'
import { startWorld, type World } from './world.ts'

export interface RunContext extends Pick<Infrastructure, 'stores' | 'ports' | 'compileCache'> {
  /** For runs by RabbitMQ. */
  broker?: Infrastructure['broker']
  /** For logs; it is emptied. Of a run with violations, it gets all that is known. */
  folder: string
  /** How the subgraphs are broken on purpose. */
  build?: BrokenBuild | undefined
  /** Ends the load early. */
  stopping?: AbortSignal
}

const READY_WITHIN_MS = 60_000
const DOSSIERS = 10

/**
 * Opens a shop, lets customers order while things break, waits until all is quiet, and looks what does not hold. What
 * keeps it from that is a violation, too; the infrastructure may be of no use after it.
 */
export async function runChaos(plan: RunPlan, context: RunContext): Promise<RunResult> {
  const { stores, folder } = context
  const broker = plan.transport === 'rabbitmq' ? context.broker : undefined
  if (plan.transport === 'rabbitmq' && !broker) throw new Error('A run by RabbitMQ needs a broker.')
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const result = emptyResult(plan)
  const ledger = createLedger()
  try {
    await openShop(result, { ...context, broker, ledger })
  } catch (error) {
    complain(result, 'runs go through', describeError(error))
  }
  Object.assign(result, summariseLedger(ledger))
  const books = await readBooks({ orders: stores.orders.url, products: stores.products.url }).catch((error: unknown) =>
    complain(result, 'the books can be read', describeError(error)),
  )
  if (books) audit(result, books, ledger)
  if (context.stopping?.aborted !== true) requireExertion(result)
  if (result.violations.length > 0) await keepEvidence(folder, { books, ledger, stores, broker })
  return result
}

/** The run until all is quiet again. */
async function openShop(result: RunResult, context: RunContext & { ledger: Ledger }): Promise<void> {
  const { ledger, stopping = new AbortController().signal } = context
  const random = createRandom(result.seed)
  await using world = await startWorld({ ...result, ...context, random: random.branch('world') })
  const client = createShopClient({ urls: world.urls, signer: world.identity.signer, random: random.branch('client') })
  try {
    if (!(await requireReady(result, world))) return
    if (result.opensStocked) await untilCopied(context.stores.orders.url, READY_WITHIN_MS)
    const load = { plan: result, world, client, ledger, random, faults: result.faults, stopping }
    await closeShop(result, context, { world, ...(await runLoad(load)) })
  } finally {
    result.failures = client.failures()
    result.onTheWay = world.fates()
    Object.assign(result.events, world.deliveries.counts())
    noteOwnExits(result, world)
  }
}

/** Waits until everyone is answered and nothing is under way any more. */
async function closeShop(
  result: RunResult,
  { stores }: RunContext,
  { world, failures, answered }: Leftovers & { world: World },
): Promise<void> {
  const calmSince = performance.now()
  const left = () => Math.max(1000, result.quietWithinMs - (performance.now() - calmSince))
  for (const failure of failures) complain(result, 'people and faults go on to the end', describeError(failure))
  await requireReady(result, world)
  await answered(left())
  result.unrest = await untilQuiet({
    urls: { orders: stores.orders.url, products: stores.products.url },
    held: world.held,
    queued: async () => (await world.queues()).live,
    withinMs: left(),
  })
  result.quietAfterMs = Math.round(performance.now() - calmSince)
  if (result.unrest) complain(result, 'everything comes to rest', JSON.stringify(result.unrest))
  const { dead } = await world.queues()
  if (dead > 0) complain(result, 'the broker gives up no message', `${dead} in the queues of dead messages`)
}

async function requireReady(result: RunResult, world: World): Promise<boolean> {
  const late = await world.untilReady(AbortSignal.timeout(READY_WITHIN_MS))
  if (late.length > 0) complain(result, 'every process becomes ready', late.join(', '))
  return late.length === 0
}

/** One that can't start while its database is away may end, and is started again; after that it has to bear everything. */
function noteOwnExits(result: RunResult, { replicas }: World): void {
  for (const { name, ownExits } of replicas) {
    const { starting, ready } = ownExits()
    if (starting > 0) result.ownExits[`${name} while it started`] = starting
    if (ready === 0) continue
    result.ownExits[`${name} after it was ready`] = ready
    complain(result, 'no process that was ready ends by itself', `${name}, ${ready} times`)
  }
}

/** What does not hold in the books, with all that is known of it. */
function audit(result: RunResult, books: Books, ledger: Ledger): void {
  const { events, ...sums } = summariseBooks(books)
  Object.assign(result, sums)
  Object.assign(result.events, events)
  result.violations.push(...allHold(books, ledger))
  const subjects = new Set(result.violations.map(({ subject }) => subject).filter((id) => id !== '-'))
  for (const id of [...subjects].slice(0, DOSSIERS)) result.dossiers[id] = describeSubject(id, books, ledger)
}

/** A run in which hardly anything happened shows nothing. */
function requireExertion(result: RunResult): void {
  // With a shorter deadline a busy machine may be too late for all of them.
  const canConfirm = result.confirmWithinMs >= 10_000
  if (canConfirm && result.confirmed === 0) complain(result, 'some orders are confirmed', JSON.stringify(result.orders))
  if (result.faults.length === 0) complain(result, 'something breaks', 'there was no fault')
  if (result.events.repeats === 0) complain(result, 'some events come twice', JSON.stringify(result.events))
}

function complain(result: RunResult, rule: string, detail: string): undefined {
  result.violations.push({ rule, subject: '-', detail })
}

function describeError(error: unknown): string {
  if (error instanceof AggregateError) return [error.message, ...error.errors.map(describeError)].join('; ')
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

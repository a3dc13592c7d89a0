import { randomUUID } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findRabbitMq, startRabbitMq } from '@portico/testkit/rabbitmq'
import { createBaseline } from '../orders/baseline.ts'
import { cpuByPackage } from '../orders/cpu-by-package.ts'
import { createCustomers, type OrdersResult, type Place } from '../orders/customers.ts'
import { startOrderDatabases } from '../orders/databases.ts'
import { startShop, type Shop } from '../orders/shop.ts'
import { readCpuByName } from '../measure/process-tree.ts'
import type { Options } from '../options.ts'
import { readCircumstances } from '../report/machine.ts'
import { figure, markdownTable } from '../report/tables.ts'
import { circumstancesSection, writeResult } from '../report/write.ts'

const CUSTOMERS = 20
const WARM_UP_SECONDS = 5

interface Measured {
  name: string
  peak: OrdersResult
  /** At half of the peak's rate. */
  half: OrdersResult
  /** Of each program per order at the peak, in milliseconds. */
  cpuMs: Readonly<Record<string, number>>
}

/** Measures orders from placing to CONFIRMED: through the subgraphs, and by the statements alone. */
export async function orders({ effort, isSaved }: Options): Promise<void> {
  const seconds = effort.durationMs / 1000
  const say = (line: string) => console.error(line)
  const results: Measured[] = []
  results.push(await measure('plain statements', seconds, async (urls) => createBaseline(urls)))
  say(describe(results.at(-1)))
  for (const by of ['HTTP push', 'RabbitMQ'] as const) {
    await using broker = by === 'RabbitMQ' ? await openBroker() : NONE
    if (broker === undefined) continue
    for (const isBehindGateway of [false, true]) {
      const start: Start = async (urls) => {
        const shop = await startShop(urls, { amqpUrl: broker.url, isBehindGateway })
        return { pids: shop.pids, place: placeThrough(shop), [Symbol.asyncDispose]: () => shop[Symbol.asyncDispose]() }
      }
      results.push(await measure(`${isBehindGateway ? 'gateway' : 'orders subgraph'}, ${by}`, seconds, start))
      say(describe(results.at(-1)))
    }
  }
  say('Once more, with profiles.')
  const sections = [ratesTable(results), cpuTable(results), ...(await profileSections(seconds))]
  console.log(`\n${sections.join('\n\n')}\n`)
  if (!isSaved) return
  const circumstances = readCircumstances(undefined)
  const all = [circumstancesSection('Orders from placing to CONFIRMED', circumstances), ...sections]
  const data = { customers: CUSTOMERS, seconds, results }
  console.error(`written to ${writeResult('orders', { circumstances, sections: all, data })}`)
}

interface Broker extends AsyncDisposable {
  url: string | undefined
}

const NONE: Broker = { url: undefined, [Symbol.asyncDispose]: () => Promise.resolve() }

/** The broker at `AMQP_URL`, or one of its own where RabbitMQ is installed. */
async function openBroker(): Promise<Broker | undefined> {
  const url = process.env['AMQP_URL']
  if (url !== undefined) return { ...NONE, url }
  const program = findRabbitMq('bench orders')
  return program === undefined ? undefined : startRabbitMq(program)
}

type Start = (urls: {
  orders: string
  products: string
}) => Promise<AsyncDisposable & { place: Place; pids?: ReadonlyMap<number, string> }>

async function measure(name: string, seconds: number, start: Start): Promise<Measured> {
  await using databases = await startOrderDatabases()
  await using peer = await start(databases.urls)
  await using customers = createCustomers(databases, peer.place)
  await customers.closed(CUSTOMERS, WARM_UP_SECONDS)
  const cpu = () => readCpuByName(process.pid, (pid, program) => peer.pids?.get(pid) ?? programName(program))
  const before = cpu()
  const peak = await customers.closed(CUSTOMERS, seconds)
  const spent = [...cpu()].map(([of, ms]) => [of, (ms - (before.get(of) ?? 0)) / peak.count] as const)
  const half = await customers.open(peak.perSecond / 2, seconds)
  return { name, peak, half, cpuMs: Object.fromEntries(spent) }
}

/** Of those that are not known by their process. */
function programName(program: string): string {
  if (program === 'postgres') return 'PostgreSQL'
  return program === 'beam.smp' ? 'RabbitMQ' : 'customers'
}

const PLACE = `mutation ($input: PlaceOrderInput!, $key: String!) {
  placeOrder(input: $input, idempotencyKey: $key) { ... on Order { id } ... on UserError { message } }
}`

function placeThrough({ ask }: Pick<Shop, 'ask'>): Place {
  return async (customerId, lines) => {
    const shippingAddress = {
      recipient: 'Ada',
      line1: 'Lane 1',
      city: 'Berlin',
      postalCode: '10115',
      countryCode: 'DE',
    }
    const wanted = lines.map(({ variant, quantity }) => ({ variantId: variant.id, quantity }))
    const variables = { input: { lines: wanted, shippingAddress }, key: randomUUID() }
    const { placeOrder } = (await ask(customerId, PLACE, variables)) as {
      placeOrder: { id?: string; message?: string }
    }
    if (placeOrder.id === undefined) throw new Error(`The order was not placed: ${placeOrder.message}`)
    return placeOrder.id
  }
}

function describe(measured: Measured | undefined): string {
  if (!measured) return ''
  const { name, peak, half } = measured
  const at = `at ${figure(half.perSecond)}/s p50 ${figure(half.p50)} ms, p99 ${figure(half.p99)} ms`
  return `${name}: ${figure(peak.perSecond)} orders/s; ${at}`
}

function ratesTable(results: readonly Measured[]): string {
  const baseline = results[0]?.peak.perSecond ?? Number.NaN
  const rows = results.map(({ name, peak, half }) => [
    name,
    figure(peak.perSecond),
    `${figure((100 * peak.perSecond) / baseline)} %`,
    figure(peak.p50),
    figure(peak.p99),
    figure(half.perSecond),
    figure(half.p50),
    figure(half.p99),
  ])
  const columns = ['', 'orders/s at the peak', 'of plain', 'p50 ms', 'p99 ms', 'half of it', 'p50 ms', 'p99 ms']
  return `## ${CUSTOMERS} customers who order again once they are confirmed, and half of that rate\n\n${markdownTable(columns, rows)}`
}

const PROGRAMS = ['customers', 'gateway', 'orders', 'products', 'PostgreSQL', 'RabbitMQ']

function cpuTable(results: readonly Measured[]): string {
  const shown = (ms: number | undefined) => (ms === undefined || ms < 0.05 ? '' : figure(ms))
  const rows = results.map(({ name, cpuMs }) => [name, ...PROGRAMS.map((program) => shown(cpuMs[program]))])
  return `## CPU of each program per order at the peak, in ms\n\n${markdownTable(['', ...PROGRAMS], rows)}`
}

/** Below that a package is not worth a line. */
const LEAST_PERCENT = 1

/** Where the CPU of the subgraphs goes at the peak, while events are pushed over HTTP. */
async function profileSections(seconds: number): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'portico-bench-profile-'))
  await using databases = await startOrderDatabases()
  await using shop = await startShop(databases.urls, { profileFolder: folder })
  await using customers = createCustomers(databases, placeThrough(shop))
  const toggle = () => [...shop.pids.keys()].forEach((pid) => process.kill(pid, 'SIGWINCH'))
  await customers.closed(CUSTOMERS, WARM_UP_SECONDS)
  toggle()
  await customers.closed(CUSTOMERS, seconds)
  toggle()
  const sections: string[] = []
  for (const name of shop.pids.values()) {
    const file = join(folder, `${name}.json`)
    while (!existsSync(file)) await sleep(100)
    await sleep(500)
    const rows = cpuByPackage(file).filter(([, percent]) => percent >= LEAST_PERCENT)
    const cells = rows.map(([of, percent]) => [of, percent.toFixed(1)])
    sections.push(
      `## Where the CPU of ${name} goes, by the package whose function runs\n\n${markdownTable(['', '%'], cells)}`,
    )
  }
  rmSync(folder, { recursive: true })
  return sections
}

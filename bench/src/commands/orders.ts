import { randomUUID } from 'node:crypto'
import { createBaseline } from '../orders/baseline.ts'
import { createCustomers, type OrdersResult, type Place } from '../orders/customers.ts'
import { startOrderDatabases } from '../orders/databases.ts'
import { startShop } from '../orders/shop.ts'
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
}

/** Measures orders from placing to CONFIRMED: through the subgraphs, and by the statements alone. */
export async function orders({ effort, isSaved }: Options): Promise<void> {
  const seconds = effort.durationMs / 1000
  const say = (line: string) => console.error(line)
  const results: Measured[] = []
  results.push(await measure('plain statements', seconds, async (urls) => createBaseline(urls)))
  say(describe(results.at(-1)))
  const amqpUrl = process.env['AMQP_URL']
  const transports = [{ name: 'HTTP push' }, ...(amqpUrl === undefined ? [] : [{ name: 'RabbitMQ', amqpUrl }])]
  if (amqpUrl === undefined) say('RabbitMQ is left out: set AMQP_URL to measure it.')
  for (const { name, ...transport } of transports) {
    results.push(
      await measure(`orders subgraph, ${name}`, seconds, async (urls) => {
        const shop = await startShop(urls, transport)
        return {
          place: placeThrough((...request) => shop.ask(...request)),
          [Symbol.asyncDispose]: () => shop[Symbol.asyncDispose](),
        }
      }),
    )
    say(describe(results.at(-1)))
  }
  const sections = [table(results)]
  console.log(`\n${sections.join('\n\n')}\n`)
  if (!isSaved) return
  const circumstances = readCircumstances(undefined)
  const all = [circumstancesSection('Orders from placing to CONFIRMED', circumstances), ...sections]
  const data = { customers: CUSTOMERS, seconds, results }
  console.error(`written to ${writeResult('orders', { circumstances, sections: all, data })}`)
}

type Start = (urls: { orders: string; products: string }) => Promise<AsyncDisposable & { place: Place }>

async function measure(name: string, seconds: number, start: Start): Promise<Measured> {
  await using databases = await startOrderDatabases()
  await using peer = await start(databases.urls)
  await using customers = createCustomers(databases, peer.place)
  await customers.closed(CUSTOMERS, WARM_UP_SECONDS)
  const peak = await customers.closed(CUSTOMERS, seconds)
  const half = await customers.open(peak.perSecond / 2, seconds)
  return { name, peak, half }
}

const PLACE = `mutation ($input: PlaceOrderInput!, $key: String!) {
  placeOrder(input: $input, idempotencyKey: $key) { ... on Order { id } ... on UserError { message } }
}`

function placeThrough(ask: (customerId: string, query: string, variables: object) => Promise<unknown>): Place {
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

function table(results: readonly Measured[]): string {
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

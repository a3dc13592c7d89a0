import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { support } from '@portico/testkit/viewers'
import { placeMany, startTestOrders, type PlacedOrder, type TestOrders } from './orders-subgraph.ts'

let orders: TestOrders
let placed: PlacedOrder[]
beforeAll(async () => {
  orders = await startTestOrders()
  placed = await placeMany(orders, 50, () => ({ lines: [{}, {}] }))
})
afterAll(() => orders[Symbol.asyncDispose]())

const WHOLE_ORDER =
  'number total { amount } customer { id } lines { sku lineTotal { amount } variant { id } } history { to }'

/** The statements that a request sends, which has to succeed. */
function statementsOf(query: string, variables: Record<string, unknown> = {}): Promise<string[]> {
  return orders.statementsDuring(async () => {
    const { errors } = await orders.request(query, variables, support())
    expect(errors).toEqual([])
  })
}

function statementsOfEntities(representations: readonly Record<string, unknown>[], selection: string) {
  const query = `query ($representations: [_Any!]!) { _entities(representations: $representations) { ${selection} } }`
  return statementsOf(query, { representations })
}

describe('the number of SQL statements stays the same for 5 and for 50', () => {
  it.each([5, 50])('orders with lines, history and customers: %i', async (count) => {
    const statements = await statementsOf(
      `{ orders(first: ${count}) { totalCount nodes { ${WHOLE_ORDER} } edges { node { ${WHOLE_ORDER} } } } }`,
    )
    // The page, the count, the lines, the history.
    expect(statements).toHaveLength(4)
  })

  it.each([5, 50])('users with orders, counts and spending: %i', async (count) => {
    const users = placed.slice(0, count).map(({ customerId }) => ({ __typename: 'User', id: customerId }))
    const statements = await statementsOfEntities(
      users,
      `... on User {
        recent: orders(first: 3) { totalCount nodes { ${WHOLE_ORDER} } }
        sent: orders(status: SHIPPED) { totalCount nodes { id } }
        lifetimeSpend { amount }
      }`,
    )
    // Two kinds of pages, one statement for all counts, the spending, the lines, the history.
    expect(statements).toHaveLength(6)
  })

  it.each([5, 50])('orders that the gateway refers to by id and by number: %i', async (count) => {
    const references = placed.slice(0, count).flatMap(({ id, number }) => [
      { __typename: 'Order', id },
      { __typename: 'Order', number },
    ])
    const statements = await statementsOfEntities(references, `... on Order { ${WHOLE_ORDER} }`)
    // By id, by number, the lines, the history.
    expect(statements).toHaveLength(4)
  })

  it.each([5, 50])('variants with estimates and sales: %i', async (count) => {
    const variants = Array.from({ length: count }, (_, index) => ({
      __typename: 'ProductVariant',
      id: crypto.randomUUID(),
      weightGrams: 100 * index,
    }))
    const statements = await statementsOfEntities(
      variants,
      '... on ProductVariant { shippingEstimate(countryCode: "DE") { amount } unitsSold }',
    )
    expect(statements).toHaveLength(2)
  })

  it('orders looked up one by one in a single request', async () => {
    const fields = placed.slice(0, 10).map(({ id }, index) => `o${index}: order(id: "${id}") { ${WHOLE_ORDER} }`)
    expect(await statementsOf(`{ ${fields.join(' ')} }`)).toHaveLength(3)
  })
})

describe('a page in the middle of a list', () => {
  const after = Buffer.from(JSON.stringify(['orders', [new Date().toISOString(), crypto.randomUUID()]])).toString(
    'base64url',
  )
  const user = { __typename: 'User', id: crypto.randomUUID() }

  it.each([
    ['of all orders', () => statementsOf(`{ orders(after: "${after}") { nodes { id } } }`)],
    ['of one status', () => statementsOf(`{ orders(status: PENDING, after: "${after}") { nodes { id } } }`)],
    ['of customers', () => statementsOfEntities([user], `... on User { orders(after: "${after}") { nodes { id } } }`)],
    [
      'of customers and one status',
      () => statementsOfEntities([user], `... on User { orders(status: PENDING, after: "${after}") { nodes { id } } }`),
    ],
  ])('is read from where it starts in an index: %s', async (_, send) => {
    const [statement = '', ...more] = await send()
    expect(more).toEqual([])
    expect(await genericPlanOf(statement)).toMatch(
      /Index Scan Backward using \w+ on "order"[^>]*Index Cond: .*ROW\(placed_at, id\) </,
    )
  })

  /** How PostgreSQL runs a statement whatever its parameters, on a table too large to read as a whole. */
  async function genericPlanOf(statement: string): Promise<string> {
    const { sql } = orders.database
    const parameters = new Set(statement.match(/\$\d+/g)).size
    await sql.query('SET enable_seqscan = off; SET enable_bitmapscan = off; SET plan_cache_mode = force_generic_plan')
    await sql.query(`PREPARE page AS ${statement}`)
    const { rows } = await sql.query<{ 'QUERY PLAN': string }>(
      `EXPLAIN EXECUTE page (${Array.from({ length: parameters }, () => 'NULL').join()})`,
    )
    await sql.query('DEALLOCATE page')
    return rows.map((row) => row['QUERY PLAN']).join('\n')
  }
})

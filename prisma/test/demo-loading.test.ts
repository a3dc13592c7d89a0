import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { loadDemoData } from '../src/demo-data.ts'
import {
  addUser,
  ALL_EMPTY,
  ALL_FULL,
  count,
  countMainRows,
  createDatabases,
  type DemoDatabases,
} from './demo-databases.ts'

jest.setTimeout(60_000)

describe('loading the demo data', () => {
  const stack = new AsyncDisposableStack()
  let full: DemoDatabases
  let firstMessages: string[]

  beforeAll(async () => {
    full = stack.use(await createDatabases())
    firstMessages = (await load(full)).messages
  })
  afterAll(() => stack.disposeAsync())

  it('says in one line what it did', () => {
    expect(firstMessages).toEqual([
      expect.stringMatching(/^Loaded demo data: 50 users, 500 products, 2000 orders in \d+\.\d s\.$/),
    ])
  })

  it('does and says nothing when the databases are full', async () => {
    expect(await load(full)).toEqual({ loaded: false, messages: [] })
    expect(await countMainRows(full)).toEqual(ALL_FULL)
  })

  it('leaves a database that could not be filled empty, and fills it the next time', async () => {
    await using databases = await createDatabases()
    const { sql } = databases.orders
    await sql.query('ALTER TABLE order_event ADD CONSTRAINT broken CHECK (sequence < 4)')
    await expect(load(databases)).rejects.toThrow('broken')
    expect(await countMainRows(databases)).toEqual({ ...ALL_FULL, orders: 0 })
    expect(await count(databases.orders, 'SELECT count(*) FROM shop_setting')).toBe(0)

    await sql.query('ALTER TABLE order_event DROP CONSTRAINT broken')
    const { loaded, messages } = await load(databases)
    expect(loaded).toBe(true)
    expect(messages).toEqual([expect.stringMatching(/^Loaded demo data: 2000 orders in/)])
    expect(await countMainRows(databases)).toEqual(ALL_FULL)
  })

  it('completes what another run began with the very same rows', async () => {
    await using completed = await createDatabases({ users: full.users, products: full.products })
    await load(completed)
    const statement = `SELECT md5(string_agg(o::text, '' ORDER BY id)) AS count FROM "order" o`
    const [{ rows: first }, { rows: second }] = [
      await full.orders.sql.query(statement),
      await completed.orders.sql.query(statement),
    ]
    expect(second).toEqual(first)
  })

  it('fills each database once when two processes load at the same time', async () => {
    await using databases = await createDatabases()
    const outcomes = await Promise.all([load(databases), load(databases)])
    expect(
      outcomes
        .flatMap(({ messages }) => messages)
        .join()
        .match(/\d+ (users|products|orders)/g)
        ?.toSorted(),
    ).toEqual(['2000 orders', '50 users', '500 products'])
    expect(await countMainRows(databases)).toEqual(ALL_FULL)
  })

  it('loads nothing beside rows that are not its own', async () => {
    await using databases = await createDatabases()
    await addUser(databases.users)
    expect(await load(databases)).toEqual({
      loaded: false,
      messages: ['The demo data is not loaded: the database "users" has other rows.'],
    })
    expect(await countMainRows(databases)).toEqual({ ...ALL_EMPTY, users: 1 })
  })

  it('loads nothing into a shop of another currency', async () => {
    await using databases = await createDatabases()
    await databases.products.sql.query(`INSERT INTO shop_setting VALUES ('currency', 'SEK')`)
    expect(await load(databases)).toEqual({
      loaded: false,
      messages: ['The demo data is not loaded: the shop was started with SEK, and the demo data is in EUR.'],
    })
    expect(await countMainRows(databases)).toEqual(ALL_EMPTY)
  })
})

async function load({ urls }: DemoDatabases): Promise<{ loaded: boolean; messages: string[] }> {
  const messages: string[] = []
  const loaded = await loadDemoData({ urls, log: (message) => messages.push(message) })
  return { loaded, messages }
}

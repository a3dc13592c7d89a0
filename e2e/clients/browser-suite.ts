import { expect, it } from '@jest/globals'
import { DEMO_LOGINS, DEMO_PASSWORD } from '@portico/database/demo-logins'
import type { Browser, Page } from 'playwright-core'
import type { TestGraph } from '../test-graph.ts'
import type { openShop, Shown } from './browser-page.ts'

/** What the script of the page leaves behind; `evaluate` runs in the page. */
declare const shop: { openShop: typeof openShop; opened: ReturnType<typeof openShop> }

/** A graph with rate limits that names one of two pages in `CORS_ORIGINS`, and a browser to open them with. */
export interface PageSurroundings {
  graph: TestGraph
  browser: Browser
  /** Origins at which the page of `page-server.ts` is served. */
  allowed: string
  stranger: string
}

/** The tests of a page of another origin; the surroundings are there once tests run. */
export function describePageOfAnotherOrigin(surroundings: () => PageSurroundings): void {
  /** Opens the shop, and records by which methods the browser asks the gateway; OPTIONS is a preflight. */
  async function open(from: 'allowed' | 'stranger'): Promise<{ page: Page; sent: string[] }> {
    const { graph, browser, [from]: origin } = surroundings()
    const page = await browser.newPage()
    const sent: string[] = []
    const devtools = await page.context().newCDPSession(page)
    await devtools.send('Network.enable')
    devtools.on('Network.requestWillBeSent', ({ request: { url, method } }) => {
      if (url.startsWith(graph.url.href)) sent.push(method)
    })
    await page.goto(origin)
    await page.evaluate((url) => void (shop.opened = shop.openShop(url)), graph.url.href)
    return { page, sent }
  }
  const shown = async (page: Page) => JSON.parse((await page.textContent('output')) ?? '') as Shown

  const QUERY = 'query Newest { me { email displayName version } products(first: 1) { nodes { title } } }'
  const RENAME = `mutation Rename($name: String!, $version: Int!) {
    updateProfile(input: { displayName: $name, expectedVersion: $version }) {
      ... on User { id displayName }
      ... on ValidationError { message issues { path } }
    }
  }`
  const customer = DEMO_LOGINS.find(({ role }) => role === 'CUSTOMER')
  const credentials = { email: customer?.email ?? '', password: DEMO_PASSWORD }
  const signIn = (page: Page) =>
    page.evaluate(({ email, password }) => shop.opened.signIn(email, password), credentials)

  const rename = (page: Page, variables: { name: string; version: number }) =>
    page.evaluate(([text, values]) => shop.opened.mutate(text, values), [RENAME, variables] as const)

  it('signs in, asks and writes, and sees the headers that it may act on', async () => {
    const { page } = await open('allowed')
    await signIn(page)
    expect(await shown(page)).toMatchObject({ data: { signIn: { accessToken: expect.any(String) } } })

    await page.evaluate((query) => shop.opened.query(query), QUERY)
    const { data } = (await shown(page)) as { data: { me: { version: number } } }
    expect(data).toMatchObject({
      me: { email: customer?.email },
      products: { nodes: [{ title: expect.any(String) }] },
    })

    await rename(page, { name: ' ', version: data.me.version })
    expect(await shown(page)).toMatchObject({
      data: { updateProfile: { __typename: 'ValidationError', issues: [{ path: ['input', 'displayName'] }] } },
    })
    await rename(page, { name: 'From a page', version: data.me.version })
    expect(await shown(page)).toMatchObject({ data: { updateProfile: { displayName: 'From a page' } } })

    const answers = await page.evaluate(() => shop.opened.answers)
    expect(answers.map(({ requestId }) => requestId)).not.toContain(null)
    await page.close()
  })

  it('sends hashes by GET, which the browser asks for permission first', async () => {
    const { page, sent } = await open('allowed')
    const query = 'query Hashed { categories { slug } }'
    await page.evaluate((text) => shop.opened.query(text), query)
    await page.evaluate((text) => shop.opened.query(text), query)
    expect(await shown(page)).toMatchObject({ data: { categories: expect.any(Array) } })
    // It tells of a preflight before or after the request that waits for it; the second GET needs no other.
    expect(sent.filter((method) => method !== 'OPTIONS')).toEqual(['GET', 'POST', 'GET'])
    expect(sent.filter((method) => method === 'OPTIONS')).toHaveLength(2)
    await page.close()
  })

  it('shows errors in the words of the gateway, beside the data that there is', async () => {
    const { page } = await open('allowed')
    await page.evaluate((text) => shop.opened.query(text), 'query Prizes { products(first: 1) { nodes { prize } } }')
    expect(await shown(page)).toMatchObject({ error: expect.stringContaining('prize') })

    const { users } = surroundings().graph.subgraphs
    await users.stop()
    await page.evaluate((text) => shop.opened.query(text), QUERY)
    await users.start()
    expect(await shown(page)).toMatchObject({
      data: { me: null, products: { nodes: [{ title: expect.any(String) }] } },
      error: 'users can not be reached.',
    })
    await page.close()
  })

  it('learns how long to wait when it has asked too often', async () => {
    const { page } = await open('allowed')
    const answers = await page.evaluate(async () => {
      for (let attempt = 0; attempt < 12; attempt += 1) await shop.opened.signIn('nobody@example.com', 'a guess')
      return shop.opened.answers
    })
    const last = answers.at(-1)
    expect(last?.status).toBe(429)
    expect(Number(last?.retryAfter)).toBeGreaterThan(0)
    await page.close()
  })

  it('is refused by the browser when the gateway does not name its origin, and nothing is executed', async () => {
    const { page, sent } = await open('stranger')
    const statements = await surroundings().graph.statementsDuring(async () => {
      await page.evaluate((query) => shop.opened.query(query), QUERY)
      expect(await shown(page)).toEqual({ error: 'Failed to fetch' })
      await rename(page, { name: 'Stranger', version: 1 })
      expect(await shown(page)).toEqual({ error: 'Failed to fetch' })
    })
    expect(statements).toEqual([])
    expect(new Set(sent)).toContain('OPTIONS')
    expect(await page.evaluate(() => shop.opened.answers)).toEqual([])
    await page.close()
  })
}

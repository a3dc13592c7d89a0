import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { expect, it } from '@jest/globals'
import { DEMO_LOGINS, DEMO_PASSWORD } from '@portico/database/demo-logins'
import { postGraphql } from '@portico/testkit/post-graphql'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { TestGraph } from './test-graph.ts'

const ROOT = join(import.meta.dirname, '..')
/** What the explorer of the graph has to offer, as `EXPLORER_DOCUMENTS_PATH`. */
export const DOCUMENTS = join(ROOT, 'schema/operations')
const documentPaths = readdirSync(DOCUMENTS, { recursive: true, encoding: 'utf8' }).filter((path) =>
  path.endsWith('.graphql'),
)
const documentNames = documentPaths.map((path) => basename(path, '.graphql'))
const variablesOf = (path: string) => join(DOCUMENTS, path.replace(/\.graphql$/, '.variables.json'))

const customer = DEMO_LOGINS.find(({ email }) => email === 'pro@example.com') ?? DEMO_LOGINS[0]

/** A graph with {@link DOCUMENTS} and rate limits that trusts proxies on loopback, and a browser to ask it with. */
export interface ExplorerSurroundings {
  graph: TestGraph
  browser: Browser
}

let visitors = 0

/** Each visitor comes through a proxy from an address of their own, so that no test uses up the sign-ins of another. */
function newAddress(): string {
  visitors += 1
  return `203.0.113.${visitors}`
}

/** The tests of the explorer; the surroundings are there once tests run. */
export function describeExplorer(surroundings: () => ExplorerSurroundings): void {
  /** The page in a profile of its own, loaded, and what it said to the console and asked for since. */
  async function open(options: BrowserContextOptions & { prepare?: (page: Page) => Promise<unknown> } = {}) {
    const { graph, browser } = surroundings()
    const { prepare, ...contextOptions } = options
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      colorScheme: 'light',
      extraHTTPHeaders: { 'x-forwarded-for': newAddress() },
      ...contextOptions,
    })
    const page = await context.newPage()
    await prepare?.(page)
    const complaints: string[] = []
    const requests: string[] = []
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', ({ message }) => complaints.push(message))
    page.on('request', (request) => requests.push(request.url()))
    await page.goto(new URL('/graphiql', graph.url).href)
    await page.getByLabel('Password').waitFor()
    return { page, complaints, requests, [Symbol.asyncDispose]: () => context.close() }
  }

  async function signIn(page: Page, password = DEMO_PASSWORD): Promise<void> {
    await page.getByLabel('Email').fill(customer?.email ?? '')
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: 'Sign in' }).click()
  }

  const signedIn = (page: Page) => page.getByRole('status').filter({ hasText: customer?.displayName ?? '' })

  const stored = (page: Page) => page.evaluate<string>('JSON.stringify([localStorage, sessionStorage])')

  it('lists every document of the folder, asks nobody but the gateway, and has nothing to complain about', async () => {
    await using opened = await open()
    const { page, complaints, requests } = opened
    await run(page, 'Categories', '"slug": "home"')
    const listed = await page.getByRole('navigation').getByRole('listitem').allTextContents()
    expect(listed.map((item) => item.replace(/ (query|mutation)$/, '')).toSorted()).toEqual(documentNames.toSorted())
    expect(new Set(requests.map((url) => new URL(url).origin))).toEqual(new Set([surroundings().graph.url.origin]))
    expect(requests.filter((url) => url.endsWith('.worker.js')).length).toBeGreaterThan(0)
    expect(complaints).toEqual([])
  })

  it('signs a demo user in, shows who that is, runs a document as them, and forgets them when they sign out', async () => {
    await using opened = await open()
    const { page, complaints } = opened
    await signIn(page)
    await signedIn(page).waitFor()
    expect(await signedIn(page).innerText()).toContain([customer?.role, customer?.plan].join('\n'))
    await run(page, 'MyOrders', '"totalCount"')
    if (process.env['UPDATE_SCREENSHOT'] === '1') await takeScreenshot(page)

    await page.reload()
    await signedIn(page).waitFor()
    const token = await page.evaluate<string>('JSON.parse(sessionStorage.getItem("portico:access")).accessToken')
    expect(await page.evaluate<string>('JSON.stringify(localStorage)')).not.toContain(token)

    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('Password').waitFor()
    expect(await stored(page)).not.toContain(token)
    await run(page, 'Me', '"me": null')
    expect(complaints).toEqual([])
  })

  it('says what is wrong when signing in fails, and keeps the email', async () => {
    await using opened = await open()
    const { page } = opened
    await signIn(page, 'not the password')
    const alert = page.getByRole('alert').filter({ hasText: 'Email or password is wrong.' })
    await alert.waitFor()
    expect(await page.getByLabel('Email').inputValue()).toBe(customer?.email)
    await signIn(page)
    await signedIn(page).waitFor()
    expect(await alert.count()).toBe(0)
  })

  it('refreshes the session when its access token is worth nothing any more, and tells when that is not possible', async () => {
    await using opened = await open()
    const { page } = opened
    await signIn(page)
    await signedIn(page).waitFor()
    const spoil = async (tokens: string) => {
      await page.evaluate(`{
        const access = JSON.parse(sessionStorage.getItem('portico:access'))
        sessionStorage.setItem('portico:access', JSON.stringify({ ...access, ...${tokens} }))
      }`)
      await page.reload()
    }
    await spoil('{ accessToken: "worthless" }')
    await run(page, 'Me', customer?.email ?? '')
    expect(await stored(page)).not.toContain('worthless')

    await spoil('{ accessToken: "worthless", refreshToken: "worthless" }')
    await page.getByRole('alert').filter({ hasText: 'Your session has ended. Sign in again.' }).waitFor()
    await run(page, 'Me', '"me": null')
  })

  it('begins with variables that show something, and opens a document twice in one tab', async () => {
    await using opened = await open()
    const { page } = opened
    await run(page, 'ProductPage', '"Rattan Floor Lamp Orléans"')
    await run(page, 'ProductSearch', '"totalCount"')
    await run(page, 'ProductPage', '"Rattan Floor Lamp Orléans"')
    expect(await page.getByRole('tab').count()).toBe(2)
  })

  it.each(documentPaths.filter((path) => existsSync(variablesOf(path))))(
    'offers %s with variables that it succeeds with, on the demo data',
    async (path) => {
      const variables = JSON.parse(readFileSync(variablesOf(path), 'utf8')) as Record<string, unknown>
      const query = readFileSync(join(DOCUMENTS, path), 'utf8')
      const { graph } = surroundings()
      const answer = await graph.request<Record<string, unknown>>(query, variables, await graph.tokenOf('ADMIN'))
      expect(answer.errors).toEqual([])
      expect(JSON.stringify(answer.data)).not.toMatch(/^{"\w+":null|"__typename":"\w+Error"/)
    },
  )

  it('says how long to wait when there were too many attempts to sign in', async () => {
    const address = { 'x-forwarded-for': newAddress() }
    await using opened = await open({ extraHTTPHeaders: address })
    const { page } = opened
    const query = 'mutation { signIn(email: "nobody@example.com", password: "guess") { __typename } }'
    for (let attempts = 0; attempts < 10; attempts += 1) await postGraphql(surroundings().graph.url, { query }, address)
    await signIn(page)
    const alert = page.getByRole('alert').filter({ hasText: 'Too many attempts' })
    expect(await alert.innerText()).toMatch(/^Too many attempts\. Try again in [1-9]\d? s\.$/)
  })

  it('leaves room for an operation and its answer beside the documents', async () => {
    await using opened = await open()
    const list = await opened.page.locator('.graphiql-plugin').boundingBox()
    expect(list?.width).toBeLessThan(260)
  })

  it('keeps labels beside their inputs, and the editor in view, in a window as narrow as a telephone', async () => {
    await using opened = await open({ viewport: { width: 390, height: 800 } })
    const { page } = opened
    await signIn(page, 'not the password')
    await page.getByRole('alert').filter({ hasText: 'Email or password is wrong.' }).waitFor()
    for (const label of ['Email', 'Password']) {
      const text = await page.locator('label', { hasText: label }).boundingBox()
      const input = await page.getByLabel(label).boundingBox()
      expect(text?.height).toBe(input?.height)
    }
    const editor = page.locator('.graphiql-query-editor')
    const withinView = async () => {
      const { x = 0, width = 0 } = (await editor.boundingBox()) ?? {}
      return width > 200 && x >= 0 && x + width <= 390
    }
    expect(await withinView()).toBe(true)

    await page.getByRole('button', { name: 'Show Documents' }).click()
    await run(page, 'ProductSearch', '"totalCount"')
    expect(await withinView()).toBe(true)
    expect(await page.getByRole('navigation').isVisible()).toBe(false)
  })

  it.each(['{"kind":', '"text"', '{"kind":"session"}'])(
    'begins as nobody instead of staying blank when the browser has kept %s as the session',
    async (kept) => {
      const script = `sessionStorage.setItem('portico:access', ${JSON.stringify(kept)})`
      await using opened = await open({ prepare: (page) => page.addInitScript(script) })
      await run(opened.page, 'Me', '"me": null')
      expect(await opened.page.getByLabel('Password').isVisible()).toBe(true)
    },
  )

  it('says that the documents could not be loaded instead of staying blank', async () => {
    await using opened = await open({
      prepare: (page) =>
        page.route('**/documents.json', (route) => route.fulfill({ status: 502, body: 'Bad gateway' })),
    })
    const { page } = opened
    await page.getByRole('alert').filter({ hasText: 'The documents could not be loaded.' }).waitFor()
    await signIn(page)
    await signedIn(page).waitFor()
    expect(await page.getByRole('navigation').count()).toBe(0)
  })
}

/** The picture of the README: what a search answers. */
async function takeScreenshot(page: Page): Promise<void> {
  await run(page, 'ProductSearch', '"totalCount"')
  // The editors' scroll bars fade when the mouse has left.
  await page.mouse.move(640, 20)
  await page.waitForTimeout(2000)
  await mkdir(join(ROOT, 'docs/images'), { recursive: true })
  await page.screenshot({ path: join(ROOT, 'docs/images/explorer.png') })
}

/** Opens a document, executes it, and waits until its answer holds a text. */
async function run(page: Page, document: string, answer: string): Promise<void> {
  await page
    .getByRole('navigation')
    .getByRole('button', { name: new RegExp(`^${document} `) })
    .click()
  await page.getByRole('button', { name: /^Execute/ }).click()
  await page.getByRole('region', { name: 'Result Window' }).getByText(answer).first().waitFor()
}

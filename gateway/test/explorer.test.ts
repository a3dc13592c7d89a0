import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from '@jest/globals'
import { findBrowser, startBrowser } from '@portico/testkit/browser'
import { startTinyGraph } from './tiny-graph.ts'

const SUBGRAPHS = { books: { sdl: 'type Query { title: String }', resolvers: { Query: { title: () => 'Emma' } } } }

const files = new AsyncDisposableStack()
afterAll(() => files.disposeAsync())

/** A folder with these files, by path. */
async function folderOf(texts: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'portico-documents-'))
  files.defer(() => rm(folder, { recursive: true, force: true }))
  for (const [path, text] of Object.entries(texts)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  return folder
}

/** A script is large, and is not read here: the gateway would wait for it when it closes. */
const head = (path: string, url: URL) => fetch(new URL(path, url), { method: 'HEAD' })

/** Where a page says that its script is. */
const scriptOf = (page: string) => /<script type="module" src="([^"]+)">/.exec(page)?.[1] ?? ''

describe('the explorer', () => {
  it('is a page that may load and ask nothing but its own gateway', async () => {
    await using graph = await startTinyGraph(SUBGRAPHS, { EXPLORER: 'true' })
    const response = await fetch(new URL('/graphiql', graph.url))
    const page = await response.text()
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    expect(page).not.toMatch(/https?:|\{\{/)
    expect(response.headers.get('cache-control')).toBe('no-cache')
    const policy = (response.headers.get('content-security-policy') ?? '').split('; ')
    expect(policy).toEqual(expect.arrayContaining(["default-src 'none'", "script-src 'self'", "connect-src 'self'"]))
    expect(policy).toContain("frame-ancestors 'none'")

    const script = await head(scriptOf(page), graph.url)
    expect([script.status, script.headers.get('content-type')]).toEqual([200, expect.stringContaining('javascript')])
    expect(script.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
  })

  it('serves nothing but what its page loads', async () => {
    await using graph = await startTinyGraph(SUBGRAPHS, { EXPLORER: 'true' })
    const script = scriptOf(await (await fetch(new URL('/graphiql', graph.url))).text())
    const others = [
      '/graphiql/index.html',
      `${dirname(script)}/`,
      `${dirname(script)}/.hidden`,
      '/graphiql/package.json',
      '/graphiql/%2e%2e%2fpackage.json',
      '/graphiql/assets-x%2f..%2f..%2fpackage.json',
    ]
    const statuses = await Promise.all(others.map(async (path) => (await fetch(new URL(path, graph.url))).status))
    expect(statuses.filter((status) => ![403, 404].includes(status))).toEqual([])
  })

  it('is nowhere in production, unless it is switched on', async () => {
    await using graph = await startTinyGraph(SUBGRAPHS)
    for (const path of ['/graphiql', '/graphiql/', '/graphiql/documents.json']) {
      expect((await fetch(new URL(path, graph.url))).status).toBe(404)
    }
    await using open = await startTinyGraph(SUBGRAPHS, { EXPLORER: 'true' })
    expect((await fetch(new URL('/graphiql', open.url))).status).toBe(200)
    expect(open.logged.map(({ msg }) => msg)).toContain(
      'INTROSPECTION is off: the explorer knows nothing of the schema',
    )
  })

  it('moves with EXPLORER_PATH, and asks at GRAPHQL_PATH', async () => {
    const paths = { EXPLORER: 'true', EXPLORER_PATH: '/tools/explore', GRAPHQL_PATH: '/api' }
    await using graph = await startTinyGraph(SUBGRAPHS, paths)
    const page = await (await fetch(new URL('/tools/explore', graph.url))).text()
    expect(page).toContain('data-graphql-path="/api" data-documents-path="/tools/explore/documents.json"')
    expect((await head(scriptOf(page), graph.url)).status).toBe(200)
    expect((await fetch(new URL('/graphiql', graph.url))).status).toBe(404)
  })

  it('was not found by whoever opened the bare address of the gateway', async () => {
    await using graph = await startTinyGraph(SUBGRAPHS, { EXPLORER: 'true' })
    const response = await fetch(new URL('/', graph.url), { redirect: 'manual' })
    expect([response.status, response.headers.get('location')]).toEqual([302, '/graphiql'])
    await using production = await startTinyGraph(SUBGRAPHS)
    expect((await fetch(new URL('/', production.url))).status).toBe(404)
  })
})

describe('the documents of the explorer', () => {
  it('are the operations of the folder by path, with the variables beside them', async () => {
    const folder = await folderOf({
      'Zoo.graphql': 'mutation Zoo { a }',
      'shop/Book.graphql': '{ title }',
      'shop/Book.variables.json': '{ "id": 1 }',
      'shop/Fields.graphql': 'fragment Fields on Query { title }',
      'shop/notes.txt': 'no document',
    })
    await using graph = await startTinyGraph(SUBGRAPHS, { EXPLORER: 'true', EXPLORER_DOCUMENTS_PATH: folder })
    expect(await (await fetch(new URL('/graphiql/documents.json', graph.url))).json()).toEqual([
      { folder: '', name: 'Zoo', operation: 'mutation', query: 'mutation Zoo { a }' },
      { folder: 'shop', name: 'Book', operation: 'query', query: '{ title }', variables: { id: 1 } },
    ])
  })

  it('stop the start when they can not be used, all mistakes at once', async () => {
    const folder = await folderOf({
      'Bad.graphql': 'query Bad {\n  title(\n}',
      'Worse.graphql': '{ title }',
      'Worse.variables.json': '[1]',
    })
    const env = { EXPLORER: 'true', EXPLORER_DOCUMENTS_PATH: folder }
    await expect(startTinyGraph(SUBGRAPHS, env)).rejects.toMatchObject({
      problems: [
        expect.stringMatching(/^EXPLORER_DOCUMENTS_PATH: .*Bad\.graphql:3:1 is no GraphQL: Syntax Error/),
        expect.stringMatching(/^EXPLORER_DOCUMENTS_PATH: .*Worse\.variables\.json must hold a JSON object$/),
      ],
    })
    const missing = { EXPLORER: 'true', EXPLORER_DOCUMENTS_PATH: join(folder, 'missing') }
    await expect(startTinyGraph(SUBGRAPHS, missing)).rejects.toThrow("missing can't be read")
  })
})

const chromium = findBrowser('gateway/test/explorer.test.ts')
const describeInBrowser = chromium === undefined ? describe.skip : describe

describeInBrowser('the explorer of another graph, in Chromium', () => {
  it('asks for an authorization header in place of an email and a password, and sends it', async () => {
    await using graph = await startTinyGraph(SUBGRAPHS, { NODE_ENV: 'test', EXPLORER: 'true' })
    await using browser = await startBrowser(chromium ?? '')
    const page = await browser.newPage()
    const sent: (string | undefined)[] = []
    page.on('request', (request) => {
      if (request.url() === graph.url.href) sent.push(request.headers()['authorization'])
    })
    await page.goto(new URL('/graphiql', graph.url).href)
    await page.getByLabel('authorization header').fill('Bearer of-my-own')
    expect(await page.getByLabel('Email').count()).toBe(0)
    expect(await page.getByRole('navigation').count()).toBe(0)
    await page.getByText('__typename').waitFor()
    await page.getByRole('button', { name: /^Execute/ }).click()
    await page.getByRole('region', { name: 'Result Window' }).getByText('"__typename": "Query"').waitFor()
    expect(sent).toEqual([undefined, 'Bearer of-my-own'])
  }, 60_000)
})

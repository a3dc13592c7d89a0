import { afterAll, beforeAll, describe, jest } from '@jest/globals'
import { findBrowser, startBrowser } from '@portico/testkit/browser'
import type { Browser } from 'playwright-core'
import { describePageOfAnotherOrigin } from './clients/browser-suite.ts'
import { bundlePage, servePage } from './clients/page-server.ts'
import { describeExplorer, DOCUMENTS } from './explorer-suite.ts'
import { startTestGraph, type TestGraph } from './test-graph.ts'

// A browser on a machine that does other things as well.
jest.setTimeout(60_000)

const chromium = findBrowser('e2e/browser.test.ts')
const describeInBrowser = chromium === undefined ? describe.skip : describe

describeInBrowser('in Chromium', () => {
  const running = new AsyncDisposableStack()
  let graph: TestGraph
  let browser: Browser
  let allowed: string
  let stranger: string
  beforeAll(async () => {
    const script = await bundlePage()
    allowed = running.use(await servePage(script)).origin
    stranger = running.use(await servePage(script)).origin
    graph = running.use(
      await startTestGraph({
        CORS_ORIGINS: allowed,
        EXPLORER_DOCUMENTS_PATH: DOCUMENTS,
        RATE_LIMITS: 'true',
        TRUSTED_PROXIES: 'loopback',
      }),
    )
    browser = running.use(await startBrowser(chromium ?? ''))
  })
  afterAll(() => running.disposeAsync())

  describe('the explorer', () => {
    describeExplorer(() => ({ graph, browser }))
  })
  describe('a page of another origin', () => {
    describePageOfAnotherOrigin(() => ({ graph, browser, allowed, stranger }))
  })
})

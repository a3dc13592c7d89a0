import { createHash } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { findBrowser, startBrowser } from '@portico/testkit/browser'
import { renderStatusPage, STATUS_PAGE_POLICY } from '../src/http/status-page.ts'
import type { HealthReport } from '../src/http/health-report.ts'

const now = new Date('2026-11-22T12:00:00Z')
const up = {
  critical: true,
  state: 'up',
  since: '2026-11-22T11:58:30.000Z',
  latencyMs: 3,
  lastError: null,
  host: 'orders:4000',
  schemaHash: 'abcdef0123456789',
} as const
const QUEUE = { pending: 0, failing: 0, dead: 0, lagSeconds: 0 }
const EVENTS = { transport: 'rabbitmq', outbox: QUEUE, inbox: QUEUE }
const render = (report: Partial<HealthReport>) =>
  renderStatusPage({ status: 'ready', subgraphs: {}, rateLimitStore: null, ...report }, { refreshes: true, now })

describe('the status page', () => {
  it('escapes everything, whoever may have written it', () => {
    const attack = `"'><script>alert(1)</script>&amp;`
    const page = render({ subgraphs: { [attack]: { ...up, lastError: attack, host: attack, schemaHash: attack } } })
    expect(page).not.toContain('<script')
    expect(page).not.toContain('&amp;')
    expect(page.split('&#60;script&#62;alert(1)&#60;/script&#62;&#38;amp;')).toHaveLength(5)
    const events = { ...EVENTS, transport: attack }
    expect(render({ subgraphs: { [attack]: { ...up, events } } })).not.toMatch(/<script|&amp;/)
  })

  it('says states in words, and since when', () => {
    const page = render({
      status: 'unavailable',
      subgraphs: { orders: { ...up, state: 'down', lastError: 'answered 503' }, users: { ...up, critical: false } },
    })
    expect(page).toContain('<title>✗ Portico: not ready</title>')
    expect(page).toContain('The gateway is not ready: orders is down')
    expect(page).toMatch(/orders<\/th>\s*<td [^>]*data-label="State"><span class="state bad">✗ down<\/span><\/td>/)
    expect(page).toMatch(
      /users <span class="quiet">\(optional\)<\/span><\/th>\s*<td [^>]*><span class="state good">✓ up<\/span>/,
    )
    expect(page).toContain('<time datetime="2026-11-22T11:58:30.000Z">2026-11-22 11:58:30 UTC</time> (90 s ago)')
    expect(page).toContain('answered 503')
    expect(page).not.toContain('Rate limits')
  })

  it('said that the gateway is ready, and no more, while what it can do without was down', () => {
    const { host: _, schemaHash: __, ...state } = up
    const down = { ...up, critical: false, state: 'down' } as const
    const page = render({
      subgraphs: { orders: down, users: up },
      rateLimitStore: { ...state, critical: false, state: 'down', latencyMs: null },
    })
    expect(page).toContain('<title>! Portico: ready, but orders and Redis are down</title>')
    expect(page).toContain('<h1 class="fair">! Ready, but orders and Redis are down</h1>')
    expect(render({ subgraphs: { orders: down } })).toContain('Ready, but orders is down')
    expect(render({ subgraphs: { users: up } })).toContain('<h1 class="good">✓ The gateway is ready</h1>')
  })

  it('shows how far events are, and dead letters first of all', () => {
    const late = { ...EVENTS, outbox: { pending: 1200, failing: 7, dead: 0, lagSeconds: 95.04 } }
    const waiting = render({ subgraphs: { orders: { ...up, events: late }, users: up } })
    expect(waiting).toContain('<h1 class="good">✓ The gateway is ready</h1>')
    for (const cell of ['"number">1200', '"number fair loud">7', '"number">0', '"number fair loud">95.0 s']) {
      expect(waiting).toContain(`<span class=${cell}</span>`)
    }
    expect(waiting).toMatch(/orders outbox<[^]*rabbitmq[^]*orders inbox</)
    expect(waiting).not.toMatch(/users (outbox|inbox)|replay/)

    const dead = { ...EVENTS, inbox: { ...QUEUE, dead: 1 } }
    const page = render({
      subgraphs: { orders: { ...up, events: dead }, users: { ...up, critical: false, state: 'down' } },
    })
    expect(page).toContain('<h1 class="fair">! Ready, but users is down; orders has dead letters</h1>')
    expect(page).toMatch(/1 event was given up\.[^]*npm run events -- replay ID/)
    expect(render({ subgraphs: { users: up } })).not.toContain('Events')
  })

  it('shows what waits at a broker, and that something is dead there', () => {
    const page = render({ subgraphs: { orders: { ...up, events: { ...EVENTS, broker: { waiting: 12, dead: 0 } } } } })
    expect(page).toMatch(/orders inbox<[^]*orders broker<[^]*rabbitmq[^]*"number">12<[^]*"number">–<[^]*"number">0</)
    expect(page).toContain('<h1 class="good">✓ The gateway is ready</h1>')
    const dead = render({ subgraphs: { orders: { ...up, events: { ...EVENTS, broker: { waiting: 0, dead: 2 } } } } })
    expect(dead).toMatch(/orders has dead letters[^]*orders broker<[^]*bad loud">2<[^]*2 events were given up/)
    expect(render({ subgraphs: { orders: { ...up, events: EVENTS } } })).not.toContain('orders broker')
  })

  it('shows the store of rate limits when there is one', () => {
    const { host: _, schemaHash: __, ...state } = up
    const page = render({ rateLimitStore: { ...state, state: 'down', latencyMs: null, lastError: 'ECONNREFUSED' } })
    expect(page).toMatch(/Rate limits<\/h2>[^]*Redis[^]*✗ down[^]*ECONNREFUSED/)
    expect(page).not.toContain('Latency')
  })

  it('is allowed exactly the style that it has', () => {
    const [, style = ''] = /<style>([^]*)<\/style>/.exec(render({})) ?? []
    expect(STATUS_PAGE_POLICY).toContain(`'sha256-${createHash('sha256').update(style).digest('base64')}'`)
  })
})

const browserPath = findBrowser('gateway/test/status-page.test.ts')
const describeInBrowser = browserPath === undefined ? describe.skip : describe

describeInBrowser('the status page in a browser', () => {
  it.each([320, 600, 900, 1280])(
    'scrolled sideways in a window of %i pixels',
    async (width) => {
      await using browser = await startBrowser(browserPath ?? '')
      const page = await browser.newPage({ viewport: { width, height: 800 } })
      const { host: _, schemaHash: __, ...state } = up
      const lastError = `connect ECONNREFUSED ${'2001:db8::1:'.repeat(8)}4000`
      const report = { ...up, host: 'orders.portico.svc.cluster.local:4000', lastError }
      await page.setContent(
        render({
          subgraphs: { orders: { ...report, events: EVENTS }, users: up },
          rateLimitStore: { ...state, lastError },
        }),
      )
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width)
      expect(await page.getByRole('cell').count()).toBe(2 * 6 + 2 * 5 + 3)
    },
    30_000,
  )
})

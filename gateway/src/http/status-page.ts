import { createHash } from 'node:crypto'
import type { CheckState } from '@portico/service-kit/health'
import type { HealthReport, SubgraphReport } from './health-report.ts'

const REFRESH_SECONDS = 5

const STYLE = `
:root { color-scheme: light dark; --text: #1c2024; --back: #fcfcfd; --line: #d9dce1; --quiet: #60646c;
  --good: #18794e; --bad: #b42318; --fair: #8a5a00 }
@media (prefers-color-scheme: dark) {
  :root { --text: #edeef0; --back: #111315; --line: #363a3f; --quiet: #b0b4ba; --good: #3dd68c; --bad: #ff9592; --fair: #ffca16 }
}
body { font: 1rem/1.5 system-ui, sans-serif; color: var(--text); background: var(--back); max-width: 80rem;
  margin: 0 auto; padding: 1.5rem }
h1 { font-size: 1.5rem; margin: 0 } h2 { font-size: 1.125rem; margin: 2rem 0 .5rem }
p { margin: .25rem 0 } a { color: inherit } .quiet { color: var(--quiet) }
.scroll { overflow-x: auto } table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .5rem .75rem .5rem 0; border-bottom: 1px solid var(--line) }
thead th { color: var(--quiet); font-weight: normal; white-space: nowrap } td { overflow-wrap: break-word }
.number { font-variant-numeric: tabular-nums; white-space: nowrap } .state { font-weight: 600; white-space: nowrap }
.good { color: var(--good) } .bad { color: var(--bad) } .fair { color: var(--fair) }
`

/** The `content-security-policy` of the page: its own style, and nothing else. */
export const STATUS_PAGE_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Text that needs no escaping any more. */
class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** Every value is escaped, unless it is made of this as well. */
function html(parts: TemplateStringsArray, ...values: readonly (string | number | Html | readonly Html[])[]): Html {
  const texts = values.map((value) => [value].flat().map((each) => (each instanceof Html ? each.text : escape(each))))
  return new Html(String.raw({ raw: parts }, ...texts.map((each) => each.join(''))))
}

function escape(value: string | number): string {
  return String(value).replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** In one piece, so that its text is what the policy's hash is of. */
const STYLE_ELEMENT = new Html(`<style>${STYLE}</style>`)

/** The page `/status`: needs no scripts, and loads itself again unless `refreshes` is false. */
export function renderStatusPage(
  { status, subgraphs, rateLimitStore }: HealthReport,
  { refreshes, now }: { refreshes: boolean; now: Date },
): string {
  const [mark, heading] = HEADINGS[status]
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        ${refreshes ? html`<meta http-equiv="refresh" content="${REFRESH_SECONDS}" />` : ''}
        <title>${mark} Portico: ${status}</title>
        ${STYLE_ELEMENT}
      </head>
      <body>
        <main>
          <h1 class="${TONES[status]}">${mark} ${heading}</h1>
          <p class="quiet">As of ${time(now.toISOString(), now)}. ${refreshNote(refreshes)}</p>
          <h2 id="subgraphs">Subgraphs</h2>
          <div class="scroll" role="region" aria-labelledby="subgraphs" tabindex="0">
            <table>
              <thead>
                <tr>
                  <th scope="col">Name</th>
                  <th scope="col">State</th>
                  <th scope="col">Since</th>
                  <th scope="col">Last probe</th>
                  <th scope="col">Last error</th>
                  <th scope="col">Host</th>
                  <th scope="col">Schema</th>
                </tr>
              </thead>
              <tbody>
                ${Object.entries(subgraphs).map(([name, report]) => subgraphRow(name, report, now))}
              </tbody>
            </table>
          </div>
          ${rateLimitStore ? storeTable(rateLimitStore, now) : ''}
          <h2>More</h2>
          <p><a href="/health/subgraphs">Health as JSON</a>, <a href="/metrics">metrics for Prometheus</a></p>
        </main>
      </body>
    </html> `
  return page.text
}

const HEADINGS: Readonly<Record<HealthReport['status'], readonly [mark: string, heading: string]>> = {
  ready: ['✓', 'The gateway is ready'],
  unavailable: ['✗', 'The gateway is not ready: a critical subgraph is down'],
  draining: ['…', 'The gateway is stopping: it takes no new clients'],
}

const TONES: Readonly<Record<HealthReport['status'] | CheckState['state'], string>> = {
  ready: 'good',
  unavailable: 'bad',
  draining: 'fair',
  up: 'good',
  down: 'bad',
  unknown: 'fair',
}

const MARKS: Readonly<Record<CheckState['state'], string>> = { up: '✓ up', down: '✗ down', unknown: '? unknown' }

function refreshNote(refreshes: boolean): Html {
  return refreshes
    ? html`Refreshes every ${REFRESH_SECONDS} seconds; <a href="/status?refresh=off">stop that</a>.`
    : html`Does not refresh; <a href="/status">start that</a>.`
}

function subgraphRow(name: string, report: SubgraphReport, now: Date): Html {
  return html`<tr>
    ${checkCells(name, report, now)}
    <td>${report.host}</td>
    <td><abbr title="SHA-256 ${report.schemaHash}">${report.schemaHash.slice(0, 8)}</abbr></td>
  </tr> `
}

function storeTable(state: CheckState, now: Date): Html {
  return html`<h2 id="store">Rate limits</h2>
    <div class="scroll" role="region" aria-labelledby="store" tabindex="0">
      <table>
        <thead>
          <tr>
            <th scope="col">Store</th>
            <th scope="col">State</th>
            <th scope="col">Since</th>
            <th scope="col">Latency</th>
            <th scope="col">Last error</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            ${checkCells('Redis', state, now)}
          </tr>
        </tbody>
      </table>
    </div>`
}

function checkCells(name: string, { state, critical, since, latencyMs, lastError }: CheckState, now: Date): Html {
  return html`<th scope="row">${name}${critical ? '' : html` <span class="quiet">(optional)</span>`}</th>
    <td class="state ${TONES[state]}">${MARKS[state]}</td>
    <td class="number">${time(since, now)}</td>
    <td class="number">${latencyMs === null ? '–' : `${latencyMs} ms`}</td>
    <td>${lastError ?? '–'}</td>`
}

/** A moment, and how long ago it was. */
function time(iso: string, now: Date): Html {
  const seconds = Math.max(0, Math.round((now.getTime() - Date.parse(iso)) / 1000))
  const [size, unit] = UNITS.find(([least]) => seconds >= 2 * least) ?? [1, 's']
  const ago = seconds < 1 ? '' : ` (${Math.floor(seconds / size)} ${unit} ago)`
  return html`<time datetime="${iso}">${iso.slice(0, 19).replace('T', ' ')} UTC</time>${ago}`
}

const UNITS = [
  [86_400, 'days'],
  [3600, 'h'],
  [60, 'min'],
  [1, 's'],
] as const

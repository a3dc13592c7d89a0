import { createHash } from 'node:crypto'
import type { CheckState } from '@portico/service-kit/health'
import { deadLettersOf, eventsSection } from './events-section.ts'
import type { HealthReport, SubgraphReport, WorkersReport } from './health-report.ts'
import { Html, html, table, time } from './html.ts'

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
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .5rem .75rem .5rem 0; border-bottom: 1px solid var(--line) }
thead th { color: var(--quiet); font-weight: normal; white-space: nowrap } td { overflow-wrap: anywhere }
.number { font-variant-numeric: tabular-nums; white-space: nowrap } .state { font-weight: 600; white-space: nowrap }
.good { color: var(--good) } .bad { color: var(--bad) } .fair { color: var(--fair) } .loud { font-weight: 600 }
@media (max-width: 60rem) {
  table, tbody, tr, th, td { display: block } thead { display: none } tr { margin-bottom: 1rem }
  th, td { border: 0; padding: .125rem 0; overflow-wrap: anywhere } .number { white-space: normal }
  td { display: grid; grid-template-columns: 7rem 1fr } td::before { content: attr(data-label); color: var(--quiet) }
}
`

/** The `content-security-policy` of the page: its own style, and nothing else. */
export const STATUS_PAGE_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** In one piece, so that its text is what the policy's hash is of. */
const STYLE_ELEMENT = new Html(`<style>${STYLE}</style>`)

/** The page `/status`: needs no scripts, and loads itself again unless `refreshes` is false. */
export function renderStatusPage(report: HealthReport, { refreshes, now }: { refreshes: boolean; now: Date }): string {
  const { subgraphs, rateLimitStore, workers } = report
  const { mark, title, heading, tone } = summarize(report)
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        ${refreshes ? html`<meta http-equiv="refresh" content="${REFRESH_SECONDS}" />` : ''}
        <title>${mark} Portico: ${title}</title>
        ${STYLE_ELEMENT}
      </head>
      <body>
        <main>
          <h1 class="${tone}">${mark} ${heading}</h1>
          <p class="quiet">As of ${time(now.toISOString(), now)}. ${refreshNote(refreshes)}</p>
          <h2>Subgraphs</h2>
          ${table(
            SUBGRAPH_COLUMNS,
            Object.entries(subgraphs).map(([name, each]) => subgraphCells(name, each, now)),
          )}
          ${eventsSection(subgraphs)} ${rateLimitStore ? storeTable(rateLimitStore, now) : ''}
          ${workers ? workersTable(workers, now) : ''}
          <h2>More</h2>
          <p><a href="/health/subgraphs">Health as JSON</a>, <a href="/metrics">metrics for Prometheus</a></p>
        </main>
      </body>
    </html> `
  return page.text
}

interface Summary {
  mark: string
  title: string
  heading: string
  tone: 'good' | 'bad' | 'fair'
}

/** The state of everything in a few words: what is down is named, also where the gateway can do without. */
function summarize({ status, subgraphs, rateLimitStore }: HealthReport): Summary {
  if (status === 'draining') {
    return { mark: '…', title: 'stopping', heading: 'The gateway is stopping: it takes no new clients', tone: 'fair' }
  }
  const states = Object.entries(subgraphs)
  const down = states.filter(([, { state }]) => state === 'down').map(([name]) => name)
  if (rateLimitStore?.state === 'down') down.push('Redis')
  const isDown = `${list(down)} ${down.length === 1 ? 'is' : 'are'} down`
  if (status === 'unavailable') {
    const why = down.length > 0 ? isDown : 'not every critical subgraph has answered yet'
    return { mark: '✗', title: 'not ready', heading: `The gateway is not ready: ${why}`, tone: 'bad' }
  }
  const withDead = states.filter(([, { events }]) => deadLettersOf(events) > 0).map(([name]) => name)
  const haveDead = `${list(withDead)} ${withDead.length === 1 ? 'has' : 'have'} dead letters`
  const buts = [...(down.length > 0 ? [isDown] : []), ...(withDead.length > 0 ? [haveDead] : [])].join('; ')
  return buts === ''
    ? { mark: '✓', title: 'ready', heading: 'The gateway is ready', tone: 'good' }
    : { mark: '!', title: `ready, but ${buts}`, heading: `Ready, but ${buts}`, tone: 'fair' }
}

function list(names: readonly string[]): string {
  return new Intl.ListFormat('en').format(names)
}

const TONES: Readonly<Record<CheckState['state'], Summary['tone']>> = { up: 'good', down: 'bad', unknown: 'fair' }

const MARKS: Readonly<Record<CheckState['state'], string>> = { up: '✓ up', down: '✗ down', unknown: '? unknown' }

function refreshNote(refreshes: boolean): Html {
  return refreshes
    ? html`Refreshes every ${REFRESH_SECONDS} seconds; <a href="/status?refresh=off">stop that</a>.`
    : html`Does not refresh; <a href="/status">start that</a>.`
}

const SUBGRAPH_COLUMNS = ['Name', 'State', 'Since', 'Last probe', 'Last error', 'Host', 'Schema']

function subgraphCells(name: string, report: SubgraphReport, now: Date): Html[] {
  const { latencyMs, lastError, host, schemaHash } = report
  return [
    ...stateCells(name, report, now),
    html`<span class="number">${latencyMs === null ? '–' : `${latencyMs} ms`}</span>`,
    html`${lastError ?? '–'}`,
    html`${host}`,
    html`<abbr title="SHA-256 ${schemaHash}">${schemaHash.slice(0, 8)}</abbr>`,
  ]
}

function storeTable(state: CheckState, now: Date): Html {
  const cells = [...stateCells('Redis', state, now), html`${state.lastError ?? '–'}`]
  return html`<h2>Rate limits</h2>
    ${table(['Store', 'State', 'Since', 'Last error'], [cells])}`
}

function workersTable({ processes, lastRoll }: WorkersReport, now: Date): Html {
  const rows = processes.map(({ id, pid, state, ready, startedAt }) => {
    const serves = state === 'serving' ? `serves${ready ? '' : ', not ready'}` : state
    return [html`${id}`, html`${pid}`, html`${serves}`, html`<span class="number">${time(startedAt, now)}</span>`]
  })
  return html`<h2>Workers</h2>
    ${table(['Worker', 'Process', 'State', 'Started'], rows)} ${lastRoll ? rollNote(lastRoll, now) : ''}`
}

function rollNote({ reason, state, since, problems }: NonNullable<WorkersReport['lastRoll']>, now: Date): Html {
  const outcome = {
    running: 'they are being replaced',
    done: 'they were replaced',
    refused: 'a new one could not take over, and these were kept',
  }[state]
  return html`<p class="${state === 'refused' ? 'bad' : 'quiet'}">${reason}: ${outcome}, ${time(since, now)}.</p>
    ${problems.map((problem) => html`<p class="bad">${problem}</p> `)}`
}

function stateCells(name: string, { state, critical, since }: CheckState, now: Date): Html[] {
  return [
    html`${name}${critical ? '' : html` <span class="quiet">(optional)</span>`}`,
    html`<span class="state ${TONES[state]}">${MARKS[state]}</span>`,
    html`<span class="number">${time(since, now)}</span>`,
  ]
}

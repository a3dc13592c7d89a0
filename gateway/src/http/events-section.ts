import type { ToldEvents, ToldQueue } from '../subgraph/told-events.ts'
import type { HealthReport } from './health-report.ts'
import { html, table, type Html } from './html.ts'

/** From then on an event that waits is worth a look; subgraphs warn of it as well, by a limit of their own. */
const LATE_SECONDS = 60

const COLUMNS = ['Queue', 'Carried by', 'Pending', 'Failing', 'Dead', 'Lag']

/** How many events of a subgraph were given up, by itself or by the broker. */
export function deadLettersOf(events: ToldEvents | undefined): number {
  return events ? events.outbox.dead + events.inbox.dead + (events.broker?.dead ?? 0) : 0
}

/** The section of the status page about events between subgraphs; nothing when none tells of any. */
export function eventsSection(subgraphs: HealthReport['subgraphs']): Html {
  const told = Object.entries(subgraphs).flatMap(([name, { events }]) => (events ? [{ name, events }] : []))
  if (told.length === 0) return html``
  const rows = told.flatMap(({ name, events: { transport, outbox, inbox, broker } }) => {
    const cells = { outbox: cellsOf(outbox), inbox: cellsOf(inbox), ...(broker && { broker: brokerCells(broker) }) }
    return Object.entries(cells).map(([queue, of]) => [html`${name} ${queue}`, html`${transport}`, ...of])
  })
  const dead = told.reduce((sum, { events }) => sum + deadLettersOf(events), 0)
  return html`<h2>Events</h2>
    ${table(COLUMNS, rows)} ${dead > 0 ? deadLetterNote(dead) : ''}`
}

function cellsOf({ pending, failing, dead, lagSeconds }: ToldQueue): Html[] {
  return [
    number(pending),
    number(failing, failing > 0 && 'fair'),
    number(dead, dead > 0 && 'bad'),
    number(`${lagSeconds.toFixed(1)} s`, lagSeconds > LATE_SECONDS && 'fair'),
  ]
}

/** A broker tells neither what failed nor how long anything waits. */
function brokerCells({ waiting, dead }: NonNullable<ToldEvents['broker']>): Html[] {
  return [number(waiting), number('–'), number(dead, dead > 0 && 'bad'), number('–')]
}

function number(value: number | string, tone: 'bad' | 'fair' | false = false): Html {
  return html`<span class="number${tone ? ` ${tone} loud` : ''}">${value}</span>`
}

function deadLetterNote(count: number): Html {
  return html`<p class="bad">
    ${count} ${count === 1 ? 'event was' : 'events were'} given up. <code>npm run events</code> tells which and why,
    <code>npm run events -- replay ID</code> tries one again, <code>npm run events -- replay --all</code> each of them.
  </p>`
}

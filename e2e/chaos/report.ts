import type { CampaignRecord } from './campaign-folder.ts'
import { TRANSPORTS } from './plan.ts'
import { countBy, type RunResult } from './result.ts'

/** A run in one line. */
export function summariseRun(result: RunResult): string {
  const { transport, seconds, acknowledged, faults, events, quietAfterMs, violations } = result
  const verdict = violations.length === 0 ? 'all holds' : `${violations.length} VIOLATIONS`
  return (
    `${transport} ${seconds} s: ${acknowledged} orders (${listed(result.orders)}), ${faults.length} faults, ` +
    `${events.repeats} repeats, ${events.notedOutOfOrder} out of order, quiet after ${(quietAfterMs / 1000).toFixed(1)} s: ${verdict}`
  )
}

/** A report for people. */
export function describeCampaign(campaign: CampaignRecord, results: readonly RunResult[]): string {
  const { seed, seconds, runs, transport, builds } = campaign
  const failed = results.filter(({ violations }) => violations.length > 0)
  const parts = TRANSPORTS.map((name) => results.filter((result) => result.transport === name))
  const rows = ROWS.map(([what, of]) => `| ${what} | ${parts.map((part) => of(part)).join(' | ')} |`)
  return `# Crash suite

Seed \`${seed}\`, ${seconds} s each, transport ${transport}: ${results.length} of ${runs} runs, ${failed.length} with violations.

${builds.map(describeBuild).join('\n')}

| what | ${TRANSPORTS.join(' | ')} |
|---|${TRANSPORTS.map(() => '---|').join('')}
${rows.join('\n')}

## Runs

${results.map((result) => `- \`${result.seed}\`, ${result.startedAt}: ${summariseRun(result)}`).join('\n')}
${failed.map(describeFailure).join('\n')}`
}

type Part = readonly RunResult[]

const sum = (of: (result: RunResult) => number) => (part: Part) =>
  String(part.reduce((total, result) => total + of(result), 0))

const merged = (of: (result: RunResult) => Record<string, number>) => (part: Part) => {
  const totals = new Map<string, number>()
  for (const [name, count] of part.flatMap((one) => Object.entries(of(one)))) {
    totals.set(name, (totals.get(name) ?? 0) + count)
  }
  return listed(Object.fromEntries(totals))
}

const ROWS: readonly [what: string, of: (part: Part) => string][] = [
  ['runs', (part) => String(part.length)],
  ['orders acknowledged', sum(({ acknowledged }) => acknowledged)],
  ['orders asked for, repeats included', sum(({ attempts }) => attempts)],
  ['orders refused', sum(({ refused }) => refused)],
  ['orders by status', merged(({ orders }) => orders)],
  ['requests without an answer', merged(({ failures }) => failures)],
  ['faults', merged(({ faults }) => countBy(faults.map(({ target, kind }) => `${kind} ${target}`)))],
  ['hangs of more than 10 s', sum(({ faults }) => faults.filter(({ lastsMs }) => lastsMs > 10_000).length)],
  ['on the way', merged(({ onTheWay }) => onTheWay)],
  ['events', sum(({ events }) => events.inOutboxes)],
  ['deliveries of an event that had been delivered', sum(({ events }) => events.repeats)],
  ['deliveries after a later event of the same subject', sum(({ events }) => events.overtaken)],
  ['first arrivals out of order', sum(({ events }) => events.notedOutOfOrder)],
  ['processes that ended by themselves', merged(({ ownExits }) => ownExits)],
  ['longest time to quiet', (part) => `${(Math.max(0, ...part.map((one) => one.quietAfterMs)) / 1000).toFixed(1)} s`],
]

function describeBuild({ commit, isDirty, node, postgres, rabbitmq, since }: CampaignRecord['builds'][number]): string {
  const changes = isDirty ? ', with changes that are not committed' : ''
  return `- From ${since}: commit \`${commit}\`${changes}; Node ${node}, PostgreSQL ${postgres}, RabbitMQ ${rabbitmq}`
}

function describeFailure({ seed, violations }: RunResult): string {
  const rules = listed(countBy(violations.map(({ rule }) => rule)))
  const first = violations.slice(0, 10).map(({ rule, subject, detail }) => `- ${rule}: \`${subject}\`: ${detail}`)
  return `\n## Violations of \`${seed}\`\n\n${rules}\n\n${first.join('\n')}\n`
}

function listed(counts: Readonly<Record<string, number>>): string {
  return (
    Object.entries(counts)
      .filter(([, count]) => count > 0)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ') || 'none'
  )
}

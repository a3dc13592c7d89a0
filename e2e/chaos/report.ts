import type { Campaign } from './plan.ts'
import { countBy, type RunResult } from './run.ts'

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
export function describeCampaign({ seed, runs, transport }: Campaign, results: readonly RunResult[]): string {
  const failed = results.filter(({ violations }) => violations.length > 0)
  const sum = (of: (result: RunResult) => number) => results.reduce((total, result) => total + of(result), 0)
  const merged = (of: (result: RunResult) => Record<string, number>) => {
    const totals = new Map<string, number>()
    for (const [name, count] of results.flatMap((one) => Object.entries(of(one)))) {
      totals.set(name, (totals.get(name) ?? 0) + count)
    }
    return listed(Object.fromEntries(totals))
  }
  const slowest = Math.max(0, ...results.map(({ quietAfterMs }) => quietAfterMs)) / 1000
  return `# Crash suite

Seed \`${seed}\`, transport ${transport}: ${results.length} of ${runs} runs, ${failed.length} with violations.

| what | how often |
|---|---|
| orders acknowledged | ${sum(({ acknowledged }) => acknowledged)} (asked for ${sum(({ attempts }) => attempts)} times) |
| orders by status | ${merged(({ orders }) => orders)} |
| requests without an answer | ${merged(({ failures }) => failures)} |
| faults | ${merged(({ faults }) => countBy(faults.map(({ target, kind }) => `${kind} ${target}`)))} |
| on the way | ${merged(({ onTheWay }) => onTheWay)} |
| events | ${sum(({ events }) => events.inOutboxes)} |
| deliveries of an event that had been delivered | ${sum(({ events }) => events.repeats)} |
| deliveries after a later event of the same subject | ${sum(({ events }) => events.overtaken)} |
| first arrivals out of order | ${sum(({ events }) => events.notedOutOfOrder)} |
| processes that ended by themselves | ${merged(({ ownExits }) => ownExits)} |
| longest time to quiet | ${slowest.toFixed(1)} s |

## Runs

${results.map((result, index) => `${index + 1}. \`${result.seed}\` ${summariseRun(result)}`).join('\n')}
${failed.map(describeFailure).join('\n')}`
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

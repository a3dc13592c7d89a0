import { styleText } from 'node:util'
import type { Report } from './check-schema.ts'
import type { Finding, Location } from './finding.ts'

const STYLES = { error: 'red', warning: 'yellow', notice: 'dim' } as const

/** What a check is called in the report, in the order of the report. */
const TITLES: Record<Finding['check'], string> = {
  composition: 'Composition',
  directives: 'Directives for the gateway',
  supergraph: 'The committed supergraph',
  operations: 'Operations',
  changes: 'Changes',
}

interface TextOptions {
  colour: boolean
}

/** A report for people. */
export function renderText(report: Report, options: TextOptions): string {
  const findings = report.findings.length > 0 ? [renderFindings(report.findings, options), ''] : []
  const verdict = report.ok
    ? paint('green', 'The schema holds', options)
    : paint('red', 'The schema does not hold', options)
  return [...findings, `${verdict}: ${summarize(report)}`].join('\n')
}

/** Findings for people, grouped by check, the worst first. */
export function renderFindings(findings: readonly Finding[], options: TextOptions): string {
  const ranked = rankFindings(findings)
  const groups = Object.entries(TITLES).flatMap(([check, title]) => {
    const group = ranked.filter((finding) => finding.check === check)
    if (group.length === 0) return []
    return [[paint('bold', title, options), ...group.flatMap((finding) => describe(finding, options))].join('\n')]
  })
  return groups.join('\n\n')
}

/** The worst first; of the same severity first what changes for clients, which nobody sees elsewhere. */
export function rankFindings(findings: readonly Finding[]): Finding[] {
  const severities = Object.keys(STYLES)
  const rank = ({ severity, check }: Finding) => severities.indexOf(severity) * 2 + (check === 'changes' ? 0 : 1)
  return findings.toSorted((a, b) => rank(a) - rank(b))
}

/** What was looked at and found, in one line. */
export function summarize({ base, checked, counts }: Report): string {
  const since = base ? `compared with ${base.ref} (${base.commit.slice(0, 10)})` : 'compared with nothing (--base REF)'
  const looked = `${count(checked.subgraphs, 'subgraph')}, ${count(checked.operations, 'operation')}, ${since}`
  return `${looked}: ${count(counts.error, 'error')}, ${count(counts.warning, 'warning')}, ${count(counts.notice, 'notice')}.`
}

/** `file:line:column`, as far as it is known. */
export function formatLocation({ file, line, column }: Location): string {
  return [file, line, column].filter((part) => part !== undefined).join(':')
}

function describe({ severity, message, locations, approved }: Finding, options: TextOptions): string[] {
  const mark = paint(STYLES[severity], severity, options)
  const [first = '', ...more] = message.split('\n')
  const reason = approved === undefined ? [] : [`      approved: ${approved}`]
  if (severity === 'notice') return [`  ${mark}  ${first}`, ...reason]
  const [place, ...others] = locations.map(formatLocation)
  return [
    `  ${mark}  ${place === undefined ? '' : `${paint('bold', place, options)}  `}${first}`,
    ...[...more, ...others.map((other) => `also at ${other}`)].map((line) => `      ${line}`),
  ]
}

function paint(style: Parameters<typeof styleText>[0], text: string, { colour }: TextOptions): string {
  return colour ? styleText(style, text, { validateStream: false }) : text
}

function count(of: number, what: string): string {
  return `${of} ${what}${of === 1 ? '' : 's'}`
}

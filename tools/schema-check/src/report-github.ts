import type { Report } from './check-schema.ts'
import type { Finding } from './finding.ts'
import { formatLocation, summarize } from './report-text.ts'

/**
 * A report as workflow commands of GitHub Actions, which shows errors, warnings and approved breaking changes at their
 * lines. Other notices are lines of the log, since it shows only ten annotations of a kind.
 *
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#setting-an-error-message
 */
export function renderGithub(report: Report): string {
  return [...report.findings.map(renderFinding), summarize(report)].join('\n')
}

function renderFinding({ severity, check, code, message, locations, approved }: Finding): string {
  if (severity === 'notice' && approved === undefined) return `${check}: ${escapeData(message)}`
  const [first, ...others] = locations
  const place = first && { file: first.file, line: first.line, col: first.column }
  const properties = Object.entries({ ...place, title: `${check}: ${code}` })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${escapeProperty(String(value))}`)
  const also = others.map((location) => `also at ${formatLocation(location)}`)
  const text = [message, ...(approved === undefined ? [] : [`approved: ${approved}`]), ...also].join('\n')
  return `::${severity} ${properties.join(',')}::${escapeData(text)}`
}

/** As `@actions/core` does it. */
function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}

import type { Report } from './check-schema.ts'
import type { Finding } from './finding.ts'
import { formatLocation, rankFindings, renderText } from './report-text.ts'

/**
 * A report as workflow commands of GitHub Actions, which shows errors, warnings and approved breaking changes at their
 * lines. It shows only the first ten of a kind, so what breaks clients comes first, and all of the report is in a group of
 * the log.
 *
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#setting-an-error-message
 */
export function renderGithub(report: Report): string {
  const annotated = rankFindings(report.findings).filter(
    ({ severity, approved }) => severity !== 'notice' || approved !== undefined,
  )
  // A line of text that looks like a command would be one.
  const text = renderText(report, { colour: false }).replaceAll(/^(\s*)::/gm, '$1\u200B::')
  return [...annotated.map(renderAnnotation), '::group::Schema check', text, '::endgroup::'].join('\n')
}

/** The report for the summary page of a run, GITHUB_STEP_SUMMARY. */
export function renderGithubSummary(report: Report): string {
  const text = renderText(report, { colour: false })
  // A fence that is longer than any in the text.
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length))
  const fence = '`'.repeat(longest + 1)
  return `## Schema check\n\n${fence}text\n${text}\n${fence}\n`
}

function renderAnnotation({ severity, check, code, message, locations, approved }: Finding): string {
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

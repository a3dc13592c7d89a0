import { styleText } from 'node:util'
import { runCommand } from '@portico/service-kit/command'
import { ConfigError } from '@portico/service-kit/config'
import { checkSchema, type Report } from './check-schema.ts'
import { parseCommandLine } from './command-line.ts'
import { renderGithub } from './report-github.ts'
import { renderFindings, renderText } from './report-text.ts'
import { SUPERGRAPH_FILE } from './snapshot.ts'
import { UsageError } from './usage-error.ts'
import { writeSupergraph } from './write-supergraph.ts'

/** Whether standard output takes colours: a terminal, and NO_COLOR is not set. */
const colour = styleText('red', '-', { stream: process.stdout }) !== '-'

const RENDERERS = {
  text: (report: Report) => renderText(report, { colour }),
  json: (report: Report) => JSON.stringify(report, null, 2),
  github: renderGithub,
}

// Works on the repository in whose root it is run. Ends with 0 when the schema holds, with 1 when it does not, and with 2
// when nothing could be checked.
await runCommand(async (args, env) => {
  try {
    const command = parseCommandLine(args, env)
    const root = process.cwd()
    if (command.name === 'compose') {
      const findings = await writeSupergraph(root)
      if (findings.length === 0) return `${SUPERGRAPH_FILE} is what the subgraphs compose to.`
      console.error(renderFindings(findings, { colour }))
      return 1
    }
    const report = await checkSchema({ root, base: command.base })
    console.log(RENDERERS[command.format](report))
    return report.ok ? 0 : 1
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof ConfigError)) throw error
    console.error(error.message)
    return 2
  }
})

import { appendFile } from 'node:fs/promises'
import { ConfigError, type Environment } from '@portico/service-kit/config'
import { checkSchema } from './check-schema.ts'
import { parseCommandLine, type CommandLine } from './command-line.ts'
import { renderGithub, renderGithubSummary } from './report-github.ts'
import { renderFindings, renderText } from './report-text.ts'
import { SUPERGRAPH_FILE } from './snapshot.ts'
import { UsageError } from './usage-error.ts'
import { writeSupergraph } from './write-supergraph.ts'

/** What the command works on, and writes to. */
export interface Surroundings {
  /** The root of the repository. */
  root: string
  env: Environment
  /** Whether what is printed may have colours. */
  colour: boolean
  print: (text: string) => void
  complain: (text: string) => void
}

/** Runs the command. Returns 0 when the schema holds, 1 when it does not, and 2 when nothing could be checked. */
export async function runSchemaCommand(args: readonly string[], surroundings: Surroundings): Promise<number> {
  try {
    const command = parseCommandLine(args, surroundings.env)
    if (command.name === 'check') return await check(command, surroundings)
    if (command.name === 'compose') return await compose(surroundings)
    surroundings.print(command.usage)
    return 0
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof ConfigError)) throw error
    surroundings.complain(error.message)
    return 2
  }
}

async function compose({ root, colour, print, complain }: Surroundings): Promise<number> {
  const findings = await writeSupergraph(root)
  if (findings.length === 0) print(`${SUPERGRAPH_FILE} is what the subgraphs compose to.`)
  else complain(renderFindings(findings, { colour }))
  return findings.length === 0 ? 0 : 1
}

type CheckCommand = Extract<CommandLine, { name: 'check' }>

async function check({ base, format }: CheckCommand, { root, env, colour, print }: Surroundings): Promise<number> {
  const report = await checkSchema({ root, base })
  if (format === 'text') print(renderText(report, { colour }))
  else if (format === 'json') print(JSON.stringify(report, null, 2))
  else {
    print(renderGithub(report))
    // https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#adding-a-job-summary
    const summary = env['GITHUB_STEP_SUMMARY']
    if (summary) await appendFile(summary, renderGithubSummary(report))
  }
  return report.ok ? 0 : 1
}

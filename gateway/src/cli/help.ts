import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { OPTIONS } from './options.ts'

const WIDTH = 26

/** What `--help` prints. */
export function helpText(): string {
  const options = Object.entries(OPTIONS).map(([name, { value, variable, meaning }]) => {
    const usage = `  --${value === undefined ? name : `${name} ${value}`}`
    return `${usage.padEnd(WIDTH)}${meaning}${variable === undefined ? '' : `\n${' '.repeat(WIDTH)}Variable: ${variable}`}`
  })
  return `Usage: portico-gateway --supergraph FILE [options]
       portico-gateway --subgraphs FILE [options]

Serves a federated GraphQL graph (Apollo Federation 2).

Options:
${options.join('\n')}

Every setting is also a variable of the environment and a key of the file: docs/configuration.md lists them. An option
counts before a variable, a variable before the file. Relative paths of options and variables start at the working
directory, those in the file at the folder of the file.

--open switches off, whatever else is set: access tokens, @authenticated and @requiresScopes, rate limits, limits of
documents, variables and bodies, the signed identity for subgraphs, and CSRF prevention; it switches introspection on.
Timeouts, bounds of subgraphs, CORS, masked errors, logs and metrics stay as they are.

SIGTERM and SIGINT stop the gateway: it is no longer ready, waits for balancers if its health path was asked within
30 s (DRAIN_DELAY_MS, 5000; 0 with --open), answers what runs, and ends. A second one ends it at once.

Exit codes:
  0  stopped as asked
  1  could not start, such as on a port that is taken, or failed
  2  mistakes in options, variables, or the files that they name; all are listed on standard error`
}

/** The version of the package. */
export function versionText(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(text))
  return `portico-gateway ${version}`
}

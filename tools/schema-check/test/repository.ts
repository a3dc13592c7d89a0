import { execFile } from 'node:child_process'
import { mkdir, mkdtempDisposable, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { checkSchema } from '../src/check-schema.ts'
import { runSchemaCommand } from '../src/command.ts'
import type { Finding } from '../src/finding.ts'
import { formatLocation } from '../src/report-text.ts'
import { writeSupergraph } from '../src/write-supergraph.ts'

const run = promisify(execFile)

/** What every SDL of these tests starts with: two lines, so that what follows starts at line 3. */
export const LINK = `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@composeDirective", "@authenticated", "@requiresScopes", "@policy"])
`

/** The same with a composed `@rateLimit` and its definition: three more lines. */
export const LIMITED = `${LINK.trimEnd()} @link(url: "https://portico.dev/rateLimit/v1.0", import: ["@rateLimit"])
  @composeDirective(name: "@rateLimit")
directive @rateLimit(limit: Int! = 60, duration: Int! = 60, scope: RateLimitScope! = VIEWER) on OBJECT | FIELD_DEFINITION
enum RateLimitScope { VIEWER ADDRESS }
`

/** A finding, in short. */
export type Found = Pick<Finding, 'severity' | 'code' | 'message' | 'usedBy' | 'approved'> & { at: string[] }

export interface CommandOutcome {
  code: number
  stdout: string
  stderr: string
}

/** A Git repository of its own, with subgraphs and operations in it. */
export interface Repository {
  root: string
  /** Writes files by their paths; undefined removes one. */
  write(files: Record<string, string | undefined>): Promise<void>
  /** Writes SDL files of subgraphs, without LINK, and the list of all subgraphs that were written so far. */
  subgraphs(sdl: Record<string, string>): Promise<void>
  /** Composes the subgraphs into the file that is committed. */
  compose(): Promise<void>
  commit(): Promise<void>
  git(...args: readonly string[]): Promise<string>
  /** Checks it, compared with a ref if one is given: what was found, with the places as `file:line:column`. */
  check(base?: string): Promise<Found[]>
  /** Runs the command on it. */
  run(args: readonly string[], env?: Record<string, string>): Promise<CommandOutcome>
  /** Runs it as `npm run` does, in a process of its own. */
  spawn(args: readonly string[]): Promise<CommandOutcome>
  [Symbol.asyncDispose](): Promise<void>
}

const MAIN = join(import.meta.dirname, '../src/main.ts')

/** A hook of Git that runs the tests points these at another repository. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(GIT_|GITHUB_|NODE_OPTIONS|FORCE_COLOR|NO_COLOR)/.test(name)),
)

export async function createRepository(): Promise<Repository> {
  const folder = await mkdtempDisposable(join(tmpdir(), 'portico-schema-check-'))
  const root = folder.path
  const names = new Set<string>()
  const author = ['-c', 'user.name=Test', '-c', 'user.email=test@example.com', '-c', 'commit.gpgsign=false']
  const git = async (...args: readonly string[]) => {
    const { stdout } = await run('git', [...author, ...args], { cwd: root, env: environment })
    return stdout.trim()
  }
  await git('init', '--quiet', '--initial-branch=main')
  const repository: Repository = {
    root,
    git,
    async write(files) {
      for (const [path, text] of Object.entries(files)) {
        const file = join(root, path)
        await mkdir(dirname(file), { recursive: true })
        await (text === undefined ? rm(file) : writeFile(file, text))
      }
    },
    async subgraphs(sdl) {
      for (const name of Object.keys(sdl)) names.add(name)
      const entry = (name: string) => ({
        name,
        url: `http://${name}:4000/graphql`,
        schema: `../subgraphs/${name}.graphql`,
      })
      const files = Object.entries(sdl).map(([name, text]) => [
        `subgraphs/${name}.graphql`,
        text.startsWith('extend schema') ? text : LINK + text,
      ])
      await repository.write({
        ...(Object.fromEntries(files) as Record<string, string>),
        'schema/subgraphs.json': JSON.stringify([...names].map(entry)),
      })
    },
    async compose() {
      const findings = await writeSupergraph(root)
      if (findings.length > 0) throw new Error(findings.map(({ message }) => message).join('\n'))
    },
    async check(base) {
      const { findings } = await checkSchema({ root, base })
      return findings.map(({ locations, check: _check, coordinate: _coordinate, ...found }) => ({
        ...found,
        at: locations.map(formatLocation),
      }))
    },
    async commit() {
      await git('add', '--all')
      await git('commit', '--quiet', '--message', 'A change')
    },
    async run(args, env = {}) {
      const outcome = { stdout: '', stderr: '' }
      const code = await runSchemaCommand(args, {
        root,
        env,
        colour: false,
        print: (text) => (outcome.stdout += `${text}\n`),
        complain: (text) => (outcome.stderr += `${text}\n`),
      })
      return { code, ...outcome }
    },
    spawn(args) {
      const options = { cwd: root, env: environment }
      return new Promise((resolve) => {
        execFile(process.execPath, ['--conditions=portico:source', MAIN, ...args], options, (error, stdout, stderr) =>
          resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
        )
      })
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
  return repository
}

import { constants } from 'node:fs'
import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import { z } from 'zod'
import { ROOT } from './compose-file.ts'

const step = z.union([
  z.strictObject({ uses: z.string(), with: z.record(z.string(), z.unknown()) }),
  z.strictObject({ run: z.string(), env: z.record(z.string(), z.string()).optional() }),
])

const workflow = z.strictObject({
  name: z.string(),
  on: z.strictObject({ pull_request: z.null(), push: z.strictObject({ branches: z.tuple([z.literal('main')]) }) }),
  permissions: z.strictObject({ contents: z.literal('read') }),
  concurrency: z.strictObject({ group: z.string(), 'cancel-in-progress': z.string() }),
  jobs: z.record(
    z.string(),
    z.strictObject({
      name: z.string(),
      if: z.string().optional(),
      'runs-on': z.literal('ubuntu-latest'),
      'timeout-minutes': z.number().positive(),
      steps: z.array(step),
    }),
  ),
})

const { jobs } = workflow.parse(parse(await readFile(join(ROOT, '.github/workflows/ci.yml'), 'utf8')))
const steps = Object.values(jobs).flatMap((job) => job.steps)
const commands = steps.flatMap((each) => ('run' in each ? [each.run] : []))

describe('.github/workflows/ci.yml', () => {
  it('runs only commands that the project has', async () => {
    const { scripts } = z
      .object({ scripts: z.record(z.string(), z.string()) })
      .parse(JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')))
    const named = commands.map((command) => /^npm run --silent (\S+)/.exec(command)?.[1] ?? command)
    expect(named).toEqual(['schema:check', '.ci/run'])
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(['schema:check', 'preschema:check']))
    await access(join(ROOT, '.ci/run'), constants.X_OK)
  })

  it('checks the schema of a pull request against its target, with all of the history', () => {
    const [checkout, node, check] = jobs['schema']?.steps ?? []
    expect(checkout).toMatchObject({ with: { 'fetch-depth': 0 } })
    expect(node).toMatchObject({ with: { 'node-version-file': '.node-version' } })
    // As a variable: a branch may have a name that a shell would run.
    expect(check).toEqual({
      run: 'npm run --silent schema:check -- --base "origin/$BASE"',
      env: { BASE: '${{ github.base_ref }}' },
    })
    expect(commands.filter((command) => command.includes('${{'))).toEqual([])
  })

  it('pins the major version of every action, and leaves no credentials in a checkout', () => {
    const actions = steps.flatMap((each) => ('uses' in each ? [each] : []))
    expect(actions.filter(({ uses }) => !/^actions\/[\w-]+@v\d+$/.test(uses))).toEqual([])
    const checkouts = actions.filter(({ uses }) => uses.startsWith('actions/checkout@'))
    expect(checkouts).toHaveLength(Object.keys(jobs).length)
    expect(checkouts.filter((checkout) => checkout.with['persist-credentials'] !== false)).toEqual([])
  })
})

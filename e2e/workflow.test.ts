import { constants } from 'node:fs'
import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import { z } from 'zod'
import { ROOT } from './compose-file.ts'

const step = z.object({
  uses: z.string().optional(),
  with: z.record(z.string(), z.unknown()).optional(),
  run: z.string().optional(),
  env: z.record(z.string(), z.string()).optional(),
})

const workflow = z.object({
  on: z.record(z.string(), z.unknown()),
  permissions: z.strictObject({ contents: z.literal('read') }),
  jobs: z.record(
    z.string(),
    z.object({
      permissions: z.never('a job has no permissions of its own').optional(),
      'timeout-minutes': z.number().positive(),
      steps: z.array(step),
    }),
  ),
})

/** Reading it also makes sure that it may read the repository and nothing else. */
const { on, jobs } = workflow.parse(parse(await readFile(join(ROOT, '.github/workflows/ci.yml'), 'utf8')))
const steps = Object.values(jobs).flatMap((job) => job.steps)
const commands = steps.flatMap(({ run }) => run ?? [])

describe('.github/workflows/ci.yml', () => {
  it('runs on pull requests as they are, never with the secrets of their target', () => {
    expect(Object.keys(on)).toContain('pull_request')
    expect(Object.keys(on)).not.toContain('pull_request_target')
  })

  it('runs commands that the project has', async () => {
    const { scripts } = z
      .object({ scripts: z.record(z.string(), z.string()) })
      .parse(JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')))
    const npm = commands.flatMap((command) => [...command.matchAll(/npm run (?:--?\w\S* )*([\w:]+)/g)])
    expect(npm.map(([, script = '']) => script).filter((script) => scripts[script] === undefined)).toEqual([])
    expect(npm.map(([, script]) => script)).toContain('schema:check')
    expect(commands).toContain('.ci/run')
    await access(join(ROOT, '.ci/run'), constants.X_OK)
  })

  it('checks the schema of a pull request against its target, with all of the history', () => {
    const job = Object.values(jobs).find((each) => each.steps.some(({ run }) => run?.includes('schema:check')))
    const checkout = job?.steps.find(({ uses }) => uses?.startsWith('actions/checkout@'))
    expect(checkout?.with).toMatchObject({ 'fetch-depth': 0 })
    const check = job?.steps.find(({ run }) => run?.includes('schema:check'))
    expect(check).toMatchObject({
      run: expect.stringContaining('--base "origin/$BASE"'),
      env: { BASE: '${{ github.base_ref }}' },
    })
  })

  it('hands what others may name, such as a branch, to no shell', () => {
    expect(commands.filter((command) => command.includes('${{'))).toEqual([])
  })

  it('pins the major version of every action, and leaves no credentials in a checkout', () => {
    const actions = steps.filter(({ uses }) => uses !== undefined)
    expect(actions.filter(({ uses }) => !/^actions\/[\w-]+@v\d+$/.test(uses ?? ''))).toEqual([])
    const checkouts = actions.filter(({ uses }) => uses?.startsWith('actions/checkout@'))
    expect(checkouts.length).toBeGreaterThan(0)
    expect(checkouts.filter((checkout) => checkout.with?.['persist-credentials'] !== false)).toEqual([])
  })
})

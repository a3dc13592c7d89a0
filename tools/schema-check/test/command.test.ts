import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { createRepository, type Repository } from './repository.ts'

jest.setTimeout(60_000)

let repository: Repository
beforeAll(async () => {
  repository = await createRepository()
  await repository.subgraphs({ a: 'type Query {\n  one: Int\n  two: Int\n}' })
  await repository.write({ 'schema/operations/Two.graphql': 'query Two {\n  two\n}' })
})
afterAll(() => repository[Symbol.asyncDispose]())

describe('the command', () => {
  it('composes, and then finds that the schema holds', async () => {
    const composed = await repository.run(['compose'])
    expect(composed).toMatchObject({ code: 0, stdout: expect.stringContaining('schema/supergraph.graphql') })
    expect(await readFile(join(repository.root, 'schema/supergraph.graphql'), 'utf8')).toContain('enum join__Graph')
    const checked = await repository.spawn(['check'])
    expect(checked).toEqual({ code: 0, stderr: '', stdout: expect.stringMatching(/^The schema holds: 1 subgraph/) })
    await repository.commit()
  })

  describe('on a schema that does not hold', () => {
    beforeAll(() => repository.subgraphs({ a: 'type Query {\n  one: Int\n}' }))

    it('ends with 1 and everything that it has found, without colours when nobody watches', async () => {
      const { code, stdout } = await repository.spawn(['check', '--base', 'main'])
      expect(code).toBe(1)
      expect(stdout).not.toContain('\u001B')
      expect(stdout).toContain('  error  schema/supergraph.graphql:')
      expect(stdout).toContain(`  error  schema/operations/Two.graphql:2:3  Cannot query field "two" on type "Query"`)
      expect(stdout).toContain(`  error  subgraphs/a.graphql:3:6  Field 'two' was removed from object type 'Query'.`)
    })

    it('prints JSON of a documented shape', async () => {
      const { code, stdout } = await repository.run(['check', '--base=main', '--format=json'], {
        GITHUB_ACTIONS: 'true',
      })
      expect(code).toBe(1)
      expect(JSON.parse(stdout)).toEqual({
        ok: false,
        base: { ref: 'main', commit: await repository.git('rev-parse', 'main') },
        checked: { subgraphs: 1, operations: 1 },
        counts: { error: 3, warning: 0, notice: 0 },
        findings: [
          expect.objectContaining({ check: 'supergraph', code: 'SUPERGRAPH_STALE' }),
          expect.objectContaining({ check: 'operations', code: 'OPERATION_INVALID' }),
          {
            check: 'changes',
            severity: 'error',
            code: 'FIELD_REMOVED',
            message: expect.stringContaining("Field 'two' was removed"),
            locations: [{ file: 'subgraphs/a.graphql', line: 3, column: 6 }],
            coordinate: 'Query.two',
            usedBy: ['schema/operations/Two.graphql'],
          },
        ],
      })
    })

    it('prints annotations in GitHub Actions, unless asked for something else', async () => {
      const { code, stdout } = await repository.run(['check', '--base', 'main'], { GITHUB_ACTIONS: 'true' })
      expect(code).toBe(1)
      expect(stdout).toMatch(/^::group::[^]*\n {2}error {2}subgraphs\/a\.graphql:3:6 [^]*^::endgroup::$/m)
      expect(stdout.split('\n').map((line) => line.slice(0, line.indexOf('title=')))).toEqual(
        expect.arrayContaining([
          '::error file=schema/operations/Two.graphql,line=2,col=3,',
          '::error file=subgraphs/a.graphql,line=3,col=6,',
        ]),
      )
      const text = await repository.run(['check', '--format', 'text'], { GITHUB_ACTIONS: 'true' })
      expect(text.stdout).toContain('The schema does not hold')
    })
  })

  it('adds the report to the summary of a run of GitHub Actions', async () => {
    await repository.write({ 'summary.md': 'Before.\n' })
    const file = join(repository.root, 'summary.md')
    await repository.run(['check'], { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: file })
    expect(await readFile(file, 'utf8')).toMatch(/^Before\.\n## Schema check\n\n```text\n[^]*1 subgraph[^]*\n```\n$/)
    await repository.write({ 'summary.md': undefined })
  })

  it.each([[['check', '--help']], [['compose', '--help']], [['--help']]])(
    'tells how it is used when asked to, and does nothing else: %j',
    async (args) => {
      await using other = await createRepository()
      expect(await other.run(args)).toEqual({ code: 0, stderr: '', stdout: expect.stringMatching(/^Usage:\n/) })
    },
  )

  it('ends with 2 when it was asked for what is not there, and with 1 where there is no graph to compose', async () => {
    await using other = await createRepository()
    const usage = await other.run(['check', '--against', 'main'])
    expect(usage).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('--base REF') })
    const missing = await other.run(['check'])
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining('schema/subgraphs.json is not there') })
    await other.subgraphs({ a: 'type Query {\n  one: Missing\n}' })
    const broken = await other.run(['compose'])
    expect(broken).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('subgraphs/a.graphql:4:8') })
  })
})

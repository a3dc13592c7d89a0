import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createLogger } from '@portico/service-kit/logger'
import { eventually } from '@portico/testkit/eventually'
import { supervise } from '../src/supervise.ts'

describe('a supervised service', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'portico-supervise-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  /** Supervises a service whose whole program is given. */
  async function superviseProgram(program: string, nodeFlags: readonly string[] = []) {
    const entry = join(folder, `${Math.random().toString(36).slice(2)}.mjs`)
    await writeFile(entry, program)
    const lines: string[] = []
    const starts = () => lines.filter((line) => line.includes('users started')).length
    const log = createLogger({ service: 'portico', level: 'info' }, { write: (line) => lines.push(line) })
    const output = { log, attach: () => undefined, print: () => undefined }
    return { lines, starts, ...supervise({ name: 'users', entry, nodeFlags, env: {} }, output, { firstPauseMs: 1 }) }
  }

  it('that never starts is given up after a few attempts, with a word on where to look', async () => {
    await using service = await superviseProgram('process.exit(1)')
    await expect(service.failed).rejects.toMatchObject({
      name: 'ServiceFailedError',
      message: 'users exited 5 times and can not start: its lines above say why',
      misconfigured: false,
    })
    expect(service.starts()).toBe(5)
  }, 60_000)

  it('that refuses its configuration is not started again', async () => {
    await using service = await superviseProgram('process.exit(78)')
    await expect(service.failed).rejects.toMatchObject({ misconfigured: true })
    expect(service.starts()).toBe(1)
  }, 60_000)

  it('is started again as often as it exits once the graph has served', async () => {
    await using service = await superviseProgram('process.exit(1)')
    service.keep()
    await eventually(() => service.starts() > 5)
    expect(service.lines.join('')).not.toContain('can not start')
  }, 60_000)

  it('is run with the flags of Node that it has', async () => {
    const exitsWithoutFlag = "process.exit(process.execArgv.includes('--max-semi-space-size=64') ? 78 : 1)"
    await using service = await superviseProgram(exitsWithoutFlag, ['--max-semi-space-size=64'])
    await expect(service.failed).rejects.toMatchObject({ misconfigured: true })
  }, 60_000)

  it('whose configuration has become unusable says so in the log, as an error', async () => {
    await using service = await superviseProgram('process.exit(78)')
    service.keep()
    await expect(service.failed).rejects.toThrow('users refused its configuration')
    expect(service.lines.join('')).toMatch(/"level":"error".*It is not started again/)
  }, 60_000)
})

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from '@jest/globals'

const PROGRAM = fileURLToPath(new URL('./fixtures/command.ts', import.meta.url))

const run = (args: string[], env = {}) =>
  new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['--conditions=portico:source', PROGRAM, ...args],
      { env },
      (_, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
    )
  })

describe('a command', () => {
  it('that returns a number exits with it, and prints nothing by itself', async () => {
    expect(await run(['nobody'])).toEqual({ code: 2, stdout: '', stderr: '' })
  })

  it('prints what it has done, or the message of what went wrong, and the stack only for who asks', async () => {
    const [done, failed, debugged] = await Promise.all([run(['Ann']), run([]), run([], { DEBUG: '1' })])
    expect(done).toEqual({ code: 0, stdout: 'Hello, Ann.\n', stderr: '' })
    expect(failed).toEqual({ code: 1, stdout: '', stderr: 'Say whom to greet: command NAME\n' })
    expect(debugged).toMatchObject({ code: 1, stderr: expect.stringContaining('command.ts') })
  })
})

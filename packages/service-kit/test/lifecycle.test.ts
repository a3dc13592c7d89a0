import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { finished } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from '@jest/globals'

const PROGRAM = fileURLToPath(new URL('./fixtures/program.ts', import.meta.url))

/** Starts fixtures/program.ts as a process of its own, with an IPC channel as its supervisor gives it one. */
function startProgram(...args: string[]) {
  const child = spawn(process.execPath, ['--conditions=portico:source', PROGRAM, ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {},
  })
  const { stdout, stderr } = child
  if (!stdout || !stderr) throw new Error('The program has no pipes.')
  // 'close' never comes to a parent that has closed the channel itself.
  const exited = once(child, 'exit')
  const read = Promise.allSettled([finished(stdout), finished(stderr)])
  const lines: { msg: string }[] = []
  let partial = ''
  let complaint = ''
  stdout.setEncoding('utf8').on('data', (text: string) => {
    const parts = (partial + text).split('\n')
    partial = parts.pop() ?? ''
    lines.push(...parts.map((line) => JSON.parse(line) as { msg: string }))
  })
  stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text
  })
  return {
    child,
    /** Closes the other ends of what the program writes. */
    stopReading() {
      stdout.destroy()
      stderr.destroy()
    },
    async said(message: string) {
      while (!lines.some(({ msg }) => msg === message)) await Promise.race([once(stdout, 'data'), exited])
    },
    async end() {
      const [code] = (await exited) as unknown[]
      await read
      return { code, lines, messages: lines.map(({ msg }) => msg), stderr: complaint }
    },
    [Symbol.dispose]: () => void child.kill('SIGKILL'),
  }
}

const DISPOSED = ['disposed of second', 'disposed of first']
/** How a clean stop ends. */
const STOPPED = [...DISPOSED, 'stopped']

describe('a program that is told to stop', () => {
  it('disposes in reverse of what it opened, and exits with 0', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      using program = startProgram('runs')
      await program.said('started')
      program.child.kill(signal)
      const { code, messages, lines, stderr } = await program.end()
      expect(messages).toEqual(['started', 'stopping', ...STOPPED])
      expect(lines[1]).toMatchObject({ service: 'fixture', level: 'info', signal })
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    }
  })

  it('stops as well when its parent is gone, even with nobody left to read its log', async () => {
    using program = startProgram('runs')
    await program.said('started')
    program.child.disconnect()
    expect(await program.end()).toMatchObject({ code: 0, messages: ['started', 'stopping', ...STOPPED] })

    using deaf = startProgram('stopsSlowly')
    await deaf.said('started')
    deaf.stopReading()
    deaf.child.disconnect()
    expect(await deaf.end()).toMatchObject({ code: 0 })
  })

  it('finishes stopping when its parent goes away after having told it', async () => {
    using program = startProgram('stopsSlowly')
    await program.said('started')
    program.child.kill('SIGTERM')
    await program.said('stopping slowly')
    program.child.disconnect()
    expect(await program.end()).toMatchObject({
      code: 0,
      messages: ['started', 'stopping', 'stopping slowly', ...STOPPED],
    })
  })

  it('while it starts, waits for what it is opening, and leaves nothing open', async () => {
    using program = startProgram('startsSlowly')
    await program.said('starting')
    program.child.kill('SIGTERM')
    expect(await program.end()).toMatchObject({ code: 0, messages: ['starting', 'stopping', 'started', ...STOPPED] })
  })

  it('while it starts, may give up starting', async () => {
    using program = startProgram('givesUp')
    await program.said('starting')
    program.child.kill('SIGTERM')
    expect(await program.end()).toMatchObject({ code: 0, messages: ['starting', 'stopping', ...STOPPED] })
  })

  it('a second time stops at once', async () => {
    using program = startProgram('neverStops')
    await program.said('started')
    program.child.kill('SIGTERM')
    await program.said('never stopping')
    program.child.kill('SIGINT')
    const { code, messages } = await program.end()
    expect({ code, messages }).toEqual({
      code: 1,
      messages: ['started', 'stopping', 'never stopping', 'stopping at once'],
    })
  })

  it('but takes too long for it is ended, and the log says why', async () => {
    using program = startProgram('neverStops', '100')
    await program.said('started')
    program.child.kill('SIGTERM')
    const { code, messages } = await program.end()
    expect([code, messages.at(-1)]).toEqual([1, 'stopping took too long'])
  })

  it('but can not do it cleanly says so, disposes of the rest, and exits with 1', async () => {
    using program = startProgram('stopsBadly')
    await program.said('started')
    program.child.kill('SIGTERM')
    const { code, lines, messages } = await program.end()
    expect({ code, messages }).toEqual({
      code: 1,
      messages: ['started', 'stopping', ...DISPOSED, 'could not stop cleanly'],
    })
    expect(lines.at(-1)).toMatchObject({ err: { message: 'can not let go' } })
  })
})

describe('a program that fails', () => {
  it('by its configuration prints every mistake on a line, and exits with 78', async () => {
    using program = startProgram('misconfigured')
    expect(await program.end()).toMatchObject({
      code: 78,
      lines: [],
      stderr:
        'fixture: The configuration has 2 mistake(s):\n' +
        '  - PORT: must be a whole number from 0 to 65535\n' +
        '  - DATABASE_URL: must be set\n',
    })
  })

  it('to start logs why, leaves nothing open, and exits with 1', async () => {
    using program = startProgram('broken')
    const { code, lines, messages } = await program.end()
    expect({ code, messages }).toEqual({ code: 1, messages: [...DISPOSED, 'could not start'] })
    expect(lines.at(-1)).toMatchObject({ level: 'fatal', err: { message: 'no disk' } })
  })

  it('by an error that nobody caught logs it, disposes, and exits with 1', async () => {
    for (const [fixture, message] of [
      ['throws', 'thrown by a timer'],
      ['rejects', 'rejected, and nobody listens'],
    ] as const) {
      using program = startProgram(fixture)
      const { code, lines, messages } = await program.end()
      expect({ code, messages }).toEqual({
        code: 1,
        messages: ['started', 'stopping after an uncaught error', ...DISPOSED],
      })
      expect(lines[1]).toMatchObject({ level: 'fatal', err: { message } })
    }
  })
})

import { spawn } from 'node:child_process'
import { BootstrapError } from './bootstrap-error.mjs'

/** @type {NodeJS.Signals[]} */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
const windows = process.platform === 'win32'

/**
 * Runs a program to its end and keeps what it prints. A signal to this process ends the program and all that it started.
 * @param {string[]} command
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv, lock: import('./lock.mjs').Lock }} options
 * @returns {Promise<{ succeeded: boolean, output: string }>}
 * @throws BootstrapError when interrupted
 * @throws Error when the program cannot be started
 */
export function run([program = '', ...args], { cwd, env = process.env, lock }) {
  return new Promise((done, failed) => {
    // In a process group of its own, which can be killed as a whole.
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: !windows })
    lock.include(child.pid)
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text
      })
    }
    let interrupted = false
    const interrupt = () => {
      interrupted = true
      // Asked politely, npm goes on for a minute to undo its work. What is half done is done anew anyway.
      if (windows || !child.pid) child.kill()
      else process.kill(-child.pid, 'SIGKILL')
    }
    for (const signal of signals) process.on(signal, interrupt)

    child.on('error', failed).on('close', (code) => {
      for (const signal of signals) process.off(signal, interrupt)
      if (interrupted) failed(new BootstrapError('Interrupted; the next command takes it up again.', 130))
      else done({ succeeded: code === 0, output: output.trim() })
    })
  })
}

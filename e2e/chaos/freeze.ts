import { spawn } from 'node:child_process'

/** Lets processes go on when stdin closes. */
const GUARD = 'read -r line; kill -CONT "$@"'

/**
 * Stops processes, and returns what lets them go on. They go on, too, when this process dies meanwhile: else they would
 * never notice that nobody needs them.
 */
export function freeze(pids: readonly number[]): () => void {
  if (pids.length === 0) return () => undefined
  const guard = spawn('/bin/sh', ['-c', GUARD, 'portico-chaos-guard', ...pids.map(String)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  for (const pid of pids) send(pid, 'SIGSTOP')
  return () => {
    for (const pid of pids) send(pid, 'SIGCONT')
    guard.stdin.end()
  }
}

/** Sends a signal to a process, if there still is one. */
export function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // Gone in the meantime.
  }
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Environment } from '@portico/service-kit/config'
import type { SubgraphName } from './test-graph.ts'

/** A subgraph in a process of its own, as production runs it. Disposing kills it, whatever state it is in. */
export interface SubgraphProcess extends AsyncDisposable {
  url: URL
  /** Sends a signal: SIGSTOP makes it hang with its connections open, SIGCONT lets it go on. */
  signal(signal: NodeJS.Signals): void
}

/**
 * Starts a subgraph's own `main.ts`, and resolves when it listens.
 *
 * @throws Error with what it printed, when it exits instead.
 */
export async function startSubgraphProcess(name: SubgraphName, env: Environment): Promise<SubgraphProcess> {
  const main = join(import.meta.dirname, '../subgraphs', name, 'src/main.ts')
  // Over the channel it notices that its parent is gone, so that a test run that is killed leaves nothing behind.
  const child = spawn(process.execPath, ['--conditions=portico:source', main], {
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const exited = once(child, 'exit')
  const printed: string[] = []
  const listening = new Promise<URL>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue
      createInterface({ input: stream }).on('line', (line) => {
        printed.push(line)
        const [, address] = /"listening on (http:[^"]+)"/.exec(line) ?? []
        if (address !== undefined) resolve(new URL('/graphql', address))
      })
    }
  })
  const url = await Promise.race([listening, exited.then(() => undefined)])
  if (!url) throw new Error(`${name} did not start:\n${printed.join('\n')}`)
  return {
    url,
    signal: (signal) => void child.kill(signal),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await exited
    },
  }
}

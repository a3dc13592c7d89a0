import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

/** So many free ports, of those that no system gives to whoever asks for any: nothing else on this machine takes them. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = new Map<number, Server>()
  while (servers.size < count) {
    const port = randomInt(20_000, 32_000)
    const server = createServer()
    const taken = once(server, 'error').then(() => false)
    // Held until all are found, so that they differ.
    if (await Promise.race([once(server.listen(port, '127.0.0.1'), 'listening'), taken])) servers.set(port, server)
  }
  for (const server of servers.values()) await new Promise((closed) => server.close(closed))
  return [...servers.keys()]
}

/** One of them. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1)
  if (port === undefined) throw new Error('There is no free port.')
  return port
}

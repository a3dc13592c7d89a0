import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

/**
 * Ports that no other campaign on this machine draws: one that a killed server is to come back on would else be free for
 * the taking meanwhile.
 */
export interface PortBlock extends AsyncDisposable {
  /** So many ports of the block on which nothing listens now. */
  take(count: number): Promise<number[]>
}

/** Below the ports that other tests draw from, and those that systems give to whoever asks for any. */
const FIRST_PORT = 13_000
const BLOCKS = 100
const BLOCK_SIZE = 60

/**
 * Claims a block by listening on its first port for as long as it is held.
 *
 * @throws Error when all blocks are held.
 */
export async function claimPorts(): Promise<PortBlock> {
  for (let block = 0; block < BLOCKS; block += 1) {
    const first = FIRST_PORT + block * BLOCK_SIZE
    const guard = await listenOn(first)
    if (guard) return portBlock(first, guard)
  }
  throw new Error(`No ports are left between ${FIRST_PORT} and ${FIRST_PORT + BLOCKS * BLOCK_SIZE}.`)
}

function portBlock(first: number, guard: Server): PortBlock {
  let last = 0
  return {
    async take(count) {
      const ports: number[] = []
      for (let tries = 0; ports.length < count && tries < BLOCK_SIZE; tries += 1) {
        last = (last % (BLOCK_SIZE - 1)) + 1
        const server = await listenOn(first + last)
        if (!server) continue
        await close(server)
        ports.push(first + last)
      }
      if (ports.length < count) throw new Error(`Too few ports are free from ${first}.`)
      return ports
    },
    [Symbol.asyncDispose]: () => close(guard),
  }
}

async function listenOn(port: number): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy())
  const taken = once(server, 'error').then(() => false)
  const isFree = await Promise.race([once(server.listen(port, '127.0.0.1'), 'listening').then(() => true), taken])
  return isFree ? server.unref() : undefined
}

async function close(server: Server): Promise<void> {
  await new Promise((closed) => server.close(closed))
}

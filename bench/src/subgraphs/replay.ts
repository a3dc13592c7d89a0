import { createServer, type AddressInfo, type Socket } from 'node:net'
import { answerBytes, readRequest } from './http-bytes.ts'

/** What a subgraph was asked since it started. */
export interface ReplayCounts {
  /** Requests for data. */
  fetches: number
  /** Of those, the ones whose answer was not known yet. */
  misses: number
  /** Bytes of the answers, without heads. */
  bytes: number
}

export interface Replay extends AsyncDisposable {
  url: string
  counts: ReplayCounts
}

/**
 * A subgraph that costs next to nothing: it answers a body that it has seen before with the same bytes, and asks
 * `answer` for any other. It reads sockets itself, since `node:http` would cost as much as some gateways.
 */
export async function startReplay(answer: (body: string) => Promise<string>): Promise<Replay> {
  const known = new Map<string, { bytes: Buffer; size: number }>()
  const counts: ReplayCounts = { fetches: 0, misses: 0, bytes: 0 }
  const sockets = new Set<Socket>()
  const well = answerBytes('{"status":"ok"}')

  const bytesFor = async (body: string): Promise<Buffer> => {
    counts.misses++
    const text = await answer(Buffer.from(body, 'latin1').toString())
    const bytes = answerBytes(text)
    const size = Buffer.byteLength(text)
    known.set(body, { bytes, size })
    counts.bytes += size
    return bytes
  }

  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    let unread = ''
    let isBusy = false
    const serve = () => {
      const request = isBusy ? undefined : readRequest(unread)
      if (!request) return
      unread = unread.slice(request.length)
      if (request.body === '') {
        socket.write(well)
        return
      }
      counts.fetches++
      const found = known.get(request.body)
      if (found) {
        counts.bytes += found.size
        socket.write(found.bytes)
        return
      }
      isBusy = true
      const send = (bytes: Buffer) => {
        isBusy = false
        socket.write(bytes)
        serve()
      }
      void bytesFor(request.body).then(send, (error: unknown) => socket.destroy(asError(error)))
    }
    socket.on('data', (chunk) => {
      unread += chunk.toString('latin1')
      serve()
    })
    // A gateway that ends drops its connections.
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    counts,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((closed) => server.close(closed))
    },
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}

import { connect, type Socket } from 'node:net'
import { readTreeUse } from '../measure/process-tree.ts'
import { createAnswerReader } from './answer-reader.ts'

/** Requests to send to one gateway, as fast as it answers. */
export interface LoadJob {
  port: number
  path: string
  headers: Readonly<Record<string, string>>
  /** Bodies, in their order and again from the start. */
  bodies: readonly string[]
  /** Bytes of every right answer; undefined: any size will do. */
  answerSize?: number | undefined
  connections: number
  /** Sending before the measured time begins. */
  warmupMs: number
  /** How long to measure, or how many requests, and for how long at most: then every body counts from the first. */
  until: { durationMs: number } | { requests: number; atMostMs?: number }
  /** The gateway's process. */
  pid: number
}

/** What came of it in the measured time. */
export interface LoadResult {
  requests: number
  failed: number
  /** What the first failure was. */
  failure?: string | undefined
  elapsedMs: number
  /** Of the gateway's process tree. */
  cpuMs: number
  rssBytes: number
  peakRssBytes: number
  latencyMs: { p50: number; p99: number; max: number }
}

const LONGEST_MS = 30_000

/** Keeps so many connections busy with one request at a time each, and measures the gateway meanwhile. */
export function runLoad(job: LoadJob): Promise<LoadResult> {
  const requests = job.bodies.map((body) => requestBytes(job, body))
  const latencies: number[] = []
  const sockets = new Set<Socket>()
  let next = 0
  let failed = 0
  let failure: string | undefined
  let startedAt = Number.POSITIVE_INFINITY
  let cpuAtStart = 0
  let isOver = false

  return new Promise((resolve, reject) => {
    const begin = () => {
      try {
        cpuAtStart = readTreeUse(job.pid).cpuMs
        startedAt = performance.now()
      } catch (error) {
        reject(new Error('The gateway can not be measured.', { cause: error }))
      }
    }
    /** A slow gateway gets more time: of a few answers no figure could be made. */
    const endWhenEnough = () => {
      const isEnough = latencies.length >= job.connections || performance.now() > startedAt + LONGEST_MS
      if (isEnough) end()
      else setTimeout(endWhenEnough, 100)
    }
    const end = () => {
      if (isOver) return
      isOver = true
      const elapsedMs = performance.now() - startedAt
      for (const socket of sockets) socket.destroy()
      try {
        const { cpuMs, rssBytes, peakRssBytes } = readTreeUse(job.pid)
        const latencyMs = summarise(latencies)
        resolve({
          requests: latencies.length,
          failed,
          failure,
          elapsedMs,
          cpuMs: cpuMs - cpuAtStart,
          rssBytes,
          peakRssBytes,
          latencyMs,
        })
      } catch (error) {
        reject(new Error('The gateway can not be measured.', { cause: error }))
      }
    }
    const fail = (reason: string) => {
      failed++
      failure ??= reason
    }
    const { until } = job
    const latest = 'requests' in until ? performance.now() + (until.atMostMs ?? Infinity) : Infinity
    const isDone = () => 'requests' in until && (next >= until.requests || performance.now() > latest)

    const open = () => {
      const socket = connect({ port: job.port, host: '127.0.0.1', noDelay: true })
      sockets.add(socket)
      const reader = createAnswerReader()
      let sentAt = 0
      const send = () => {
        if (isDone()) {
          sockets.delete(socket)
          socket.destroy()
          if (sockets.size === 0) end()
          return
        }
        sentAt = performance.now()
        const bytes = requests[next++ % requests.length]
        if (bytes) socket.write(bytes)
      }
      socket.on('connect', send)
      socket.on('data', (chunk) => {
        if (isOver || !reader.take(chunk)) return
        const now = performance.now()
        // What was under way at the start counts as whole, as what is under way at the end counts as nothing.
        if (now >= startedAt) {
          const isRight = reader.status === 200 && reader.size === (job.answerSize ?? reader.size)
          if (isRight) latencies.push(now - sentAt)
          else fail(`status ${reader.status}, ${reader.size} bytes`)
        }
        reader.reset()
        send()
      })
      socket.on('error', (error) => fail(error.message))
      socket.on('close', () => {
        if (!sockets.delete(socket) || isOver) return
        fail('the connection was closed')
        if (failed > 1000) end()
        else setTimeout(open, 10)
      })
    }

    if ('requests' in job.until) begin()
    else {
      const { durationMs } = job.until
      setTimeout(begin, job.warmupMs)
      setTimeout(endWhenEnough, job.warmupMs + durationMs)
    }
    for (let index = 0; index < job.connections; index++) open()
  })
}

function requestBytes({ port, path, headers }: LoadJob, body: string): Buffer {
  const fields = {
    host: `127.0.0.1:${port}`,
    'content-type': 'application/json',
    accept: 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    ...headers,
  }
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`)
}

function summarise(latencies: readonly number[]): LoadResult['latencyMs'] {
  const sorted = Float64Array.from(latencies).toSorted()
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return { p50: at(0.5), p99: at(0.99), max: at(1) }
}

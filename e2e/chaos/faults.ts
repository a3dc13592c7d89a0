import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '@portico/database/demo/random'
import { pause } from './customers.ts'
import type { TcpProxy } from './tcp-proxy.ts'

/** Something that can break, in its ways. Each resolves when it is whole again; a kill keeps it away for so long. */
export interface Fragile {
  name: string
  faults: Readonly<Record<string, (lastsMs: number) => Promise<void>>>
}

/** A fault that was done. */
export interface FaultRecord {
  /** Since the beginning of the load, in milliseconds. */
  atMs: number
  target: string
  kind: string
  lastsMs: number
}

export interface FaultOptions {
  fragiles: readonly Fragile[]
  random: Random
  /** Average pause between two faults, in milliseconds. */
  everyMs: number
  /** Longest a thing is away or hangs, in milliseconds. */
  longestMs: number
}

/** Breaks one thing after the other, and several at once, until told to end; resolves when all are whole again. */
export async function runFaults(
  { fragiles, random, everyMs, longestMs }: FaultOptions,
  until: AbortSignal,
): Promise<FaultRecord[]> {
  const started = performance.now()
  const records: FaultRecord[] = []
  const broken = new Set<Fragile>()
  const repairs: Promise<void>[] = []
  while (!until.aborted) {
    await pause(random.integer(0, 2 * everyMs), until)
    const whole = fragiles.filter((fragile) => !broken.has(fragile))
    if (until.aborted || whole.length === 0) continue
    const fragile = random.pick(whole)
    const [kind, breakIt] = random.pick(Object.entries(fragile.faults))
    const lastsMs = random.integer(50, longestMs)
    records.push({ atMs: Math.round(performance.now() - started), target: fragile.name, kind, lastsMs })
    broken.add(fragile)
    repairs.push(breakIt(lastsMs).finally(() => broken.delete(fragile)))
  }
  await Promise.all(repairs)
  return records
}

/** A fault that begins, lasts and ends. */
export function lasting(begin: () => unknown, end: () => unknown): (lastsMs: number) => Promise<void> {
  return async (lastsMs) => {
    await begin()
    try {
      await sleep(lastsMs)
    } finally {
      await end()
    }
  }
}

/** A server that can be killed and stopped. */
interface Server {
  kill(): Promise<void>
  restart(): Promise<void>
  stop(): void | Promise<void>
  continue(): void | Promise<void>
}

export function fragileServer(name: string, server: Server): Fragile {
  return {
    name,
    faults: {
      SIGKILL: lasting(
        () => server.kill(),
        () => server.restart(),
      ),
      SIGSTOP: lasting(
        () => server.stop(),
        () => server.continue(),
      ),
    },
  }
}

export function fragileConnections(name: string, proxy: TcpProxy): Fragile {
  return {
    name,
    faults: {
      cut: async () => void proxy.cut(),
      stall: lasting(proxy.stall, proxy.resume),
    },
  }
}

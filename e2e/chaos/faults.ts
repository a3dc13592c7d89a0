import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '@portico/database/demo/random'
import { pause } from './pause.ts'
import type { TcpProxy } from './tcp-proxy.ts'

/** Something that can break, in its ways. Each resolves when it is whole again; it is away or hangs for so long. */
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

/** One thing hangs for longer than all others wait for it, so that what they did meanwhile meets what it does then. */
export interface LongHang {
  /** Since the beginning of the load, in milliseconds. */
  atMs: number
  lastsMs: number
}

export interface FaultOptions {
  fragiles: readonly Fragile[]
  random: Random
  /** Average pause between two faults, in milliseconds. */
  everyMs: number
  /** Longest a thing is away or hangs, in milliseconds. */
  longestMs: number
  longHang?: LongHang | undefined
  /** Where each fault is noted as it begins. */
  records: FaultRecord[]
}

/** The faults in which all stays as it is, and nothing answers. */
const HANGS: readonly string[] = ['SIGSTOP', 'stall']

/**
 * Breaks one thing after the other, and several at once, until told to end; resolves when all are whole again.
 *
 * @throws AggregateError when some can't be made whole.
 */
export async function runFaults(options: FaultOptions, until: AbortSignal): Promise<void> {
  const { fragiles, random, everyMs, longestMs, longHang, records } = options
  const started = performance.now()
  const broken = new Set<Fragile>()
  const failures: unknown[] = []
  const repairs: Promise<void>[] = []

  function breakOne(lastsMs: number, kinds: readonly string[] | undefined) {
    const whole = fragiles.filter((fragile) => !broken.has(fragile))
    const ways = (fragile: Fragile) => Object.keys(fragile.faults).filter((kind) => kinds?.includes(kind) ?? true)
    const breakable = whole.filter((fragile) => ways(fragile).length > 0)
    if (breakable.length === 0) return
    const fragile = random.pick(breakable)
    const kind = random.pick(ways(fragile))
    records.push({ atMs: Math.round(performance.now() - started), target: fragile.name, kind, lastsMs })
    broken.add(fragile)
    const repaired = Promise.resolve(fragile.faults[kind]?.(lastsMs)).then(() => void broken.delete(fragile))
    repairs.push(repaired.catch((error: unknown) => void failures.push(error)))
  }

  async function hangLong({ atMs, lastsMs }: LongHang) {
    await pause(atMs, until)
    if (!until.aborted) breakOne(lastsMs, HANGS)
  }

  const long = longHang && hangLong(longHang)
  while (!until.aborted) {
    await pause(random.integer(0, 2 * everyMs), until)
    if (!until.aborted) breakOne(random.integer(50, longestMs), undefined)
  }
  await long
  await Promise.all(repairs)
  if (failures.length > 0) throw new AggregateError(failures, 'What was broken could not be made whole.')
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

/** A server that can be killed, shut down and stopped. */
interface Server {
  kill(): Promise<void>
  shutDown(): Promise<void>
  restart(): Promise<void>
  stop(): void | Promise<void>
  continue(): void | Promise<void>
}

export function fragileServer(name: string, server: Server): Fragile {
  const restart = () => server.restart()
  return {
    name,
    faults: {
      SIGKILL: lasting(() => server.kill(), restart),
      shutdown: lasting(() => server.shutDown(), restart),
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
      cut: async () => proxy.cut(),
      stall: lasting(proxy.stall, proxy.resume),
    },
  }
}

import { readdirSync, readFileSync } from 'node:fs'

/** Of Linux, in all architectures that Node runs on. */
const TICKS_PER_SECOND = 100

interface ProcessStat {
  parent: number
  /** Of its program, as the kernel has it. */
  name: string
  /** Of its threads and of its children that have ended. */
  cpuMs: number
}

/** What a process and all its descendants have cost, and hold. */
export interface TreeUse {
  /** User and system time, all threads, in milliseconds; the kernel counts in tens. */
  cpuMs: number
  /** Resident memory now, in bytes. */
  rssBytes: number
  /** The most that each process ever held, in bytes. */
  peakRssBytes: number
}

/**
 * Reads what a process tree has used so far from /proc.
 *
 * @throws Error when the process is gone, or this is not Linux.
 */
export function readTreeUse(root: number): TreeUse {
  let cpuMs = 0
  let rssBytes = 0
  let peakRssBytes = 0
  for (const [pid, stat] of readTree(root)) {
    cpuMs += stat.cpuMs
    const status = readProc(pid, 'status') ?? ''
    rssBytes += bytesIn(status, 'VmRSS')
    peakRssBytes += bytesIn(status, 'VmHWM')
  }
  return { cpuMs, rssBytes, peakRssBytes }
}

/**
 * What a process and all its descendants have cost so far, in milliseconds, summed up by the name that each is given.
 *
 * @throws Error when the process is gone, or this is not Linux.
 */
export function readCpuByName(root: number, nameOf: (pid: number, program: string) => string): Map<string, number> {
  const sums = new Map<string, number>()
  for (const [pid, { name, cpuMs }] of readTree(root)) {
    const key = nameOf(pid, name)
    sums.set(key, (sums.get(key) ?? 0) + cpuMs)
  }
  return sums
}

function readTree(root: number): Map<number, ProcessStat> {
  const stats = new Map<number, ProcessStat>()
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? readStat(Number(name)) : undefined
    if (stat) stats.set(Number(name), stat)
  }
  if (!stats.has(root)) throw new Error('The measured process has ended.')
  const tree = new Set([root])
  for (let before = 0; before < tree.size;) {
    before = tree.size
    for (const [pid, { parent }] of stats) if (tree.has(parent)) tree.add(pid)
  }
  return new Map([...stats].filter(([pid]) => tree.has(pid)))
}

function readStat(pid: number): ProcessStat | undefined {
  const text = readProc(pid, 'stat')
  if (text === undefined) return undefined
  // The second field is a name in parentheses, which may hold spaces.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
  const name = text.slice(text.indexOf('(') + 1, text.lastIndexOf(')'))
  return { name, parent: Number(fields[1]), cpuMs: (ticks * 1000) / TICKS_PER_SECOND }
}

function bytesIn(status: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0) * 1024
}

/** Undefined: the process has ended meanwhile. */
function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return undefined
  }
}

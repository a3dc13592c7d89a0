import { ConfigError } from '@portico/service-kit/config-error'
import type { Logger } from '@portico/service-kit/logger'
import type { ReadinessPolls } from '@portico/service-kit/readiness-polls'
import { isReady, startMember, type Member, type MemberEnd, type MemberEvents } from './member.ts'
import { createPause } from './pause.ts'

/** Workers that share a port. */
export interface Group {
  members: () => readonly Member[]
  /** Resolves with the address when all that can be started serve. Rejects when none can. */
  started: Promise<string>
  /** Replaces all workers, one at a time, by such that load everything anew. */
  roll: (reason: string) => void
  /** How the last roll went; undefined before the first. */
  lastRoll: () => Roll | undefined
  /** Resolves when all have answered what they had to, and are gone. */
  stop: () => Promise<void>
  /** How long {@link Group.stop} may take. */
  stopWithinMs: () => number
}

/** A replacement of all workers. */
export interface Roll {
  reason: string
  state: 'running' | 'done' | 'refused'
  /** ISO time since when the state holds. */
  since: string
  /** Why a new worker could not take over. */
  problems: readonly string[]
}

export interface GroupOptions {
  log: Logger
  /** How many workers serve. */
  size: number
  /** Of the group, at every port. */
  polls: ReadinessPolls
  /** Beside what the group does about them itself. */
  events: Pick<MemberEvents, 'prepared' | 'ended' | 'count'>
}

/** A new worker has to become ready within this time when those who serve are. */
const ABLE_WITHIN_MS = 10_000

/**
 * Starts the workers, all at once, and lets them listen at the same moment, since the connections of clients stay where
 * they come to first. From then on {@link tend} is called whenever something has changed, and does the next thing that
 * is due: start those that are missing, let those that are able take over, send the surplus away.
 */
export function startGroup({ log, size, polls, events }: GroupOptions): Group {
  const members = new Set<Member>()
  const started = Promise.withResolvers<string>()
  const pause = createPause()
  let isStarted = false
  let generation = 0
  let roll: Roll | undefined
  let waiting: NodeJS.Timeout | undefined
  let stopped: PromiseWithResolvers<void> | undefined
  let isDue = false

  const inState = (...states: Member['state'][]) => [...members].filter(({ state }) => states.includes(state))

  function start(): void {
    const member = startMember(generation, {
      ...events,
      entered,
      reported: tendSoon,
      polled: () => polls.note(true),
      left,
      ended,
    })
    members.add(member)
  }

  function entered(member: Member): void {
    if (member.state === 'opening' || (member.state === 'prepared' && isStarted)) limitWait(member)
    if (member.state === 'serving') noteServing(member)
    tendSoon()
  }

  function left({ id, pid, startedAt }: Member): void {
    if (stopped) return
    log.warn({ worker: id, pid }, 'a worker stops by itself')
    startLater(startedAt)
  }

  /** Once for all changes of a moment, and never while it is at it. */
  function tendSoon(): void {
    if (isDue) return
    isDue = true
    queueMicrotask(() => {
      isDue = false
      tend()
    })
  }

  function tend(): void {
    if (stopped) return
    if (!isStarted && inState('starting').length > 0) return
    const serving = inState('serving')
    const [first] = serving
    if (!isStarted && first?.serving && inState('opening').length === 0) {
      isStarted = true
      started.resolve(first.serving.origin)
    }
    const coming = inState('starting', 'prepared', 'opening')
    const outdated = roll?.state === 'running' ? serving.filter((each) => each.generation < generation) : []
    for (const member of inState('prepared')) if (isReady(member) || !serving.some(isReady)) member.listen()
    const [oldest] = outdated
    if (oldest && serving.length > size) return oldest.handOver()
    const missing = size - serving.length - coming.length
    if (missing > 0 && isStarted) {
      if (!waiting) for (let count = 0; count < missing; count += 1) start()
    } else if (outdated.length > 0 && coming.length === 0 && inState('retiring').length === 0) {
      if (!waiting) start()
    } else if (roll?.state === 'running' && serving.length === size && members.size === size && !oldest) {
      roll = { ...roll, state: 'done', since: new Date().toISOString() }
      log.info({ reason: roll.reason }, 'all workers are new')
    }
  }

  /** One that can't answer as those can that it is to replace does not replace them, nor does one that can't listen. */
  function limitWait(member: Member): void {
    const { state: waitsIn } = member
    const timer = setTimeout(() => {
      if (member.state !== waitsIn || stopped) return
      const down = Object.entries(member.report?.subgraphs ?? {}).filter(([, { state }]) => state !== 'up')
      const reasons = down.map(([name, { lastError }]) => `subgraph ${name}: ${lastError ?? 'not asked yet'}`)
      member.problems = [`not ready within ${ABLE_WITHIN_MS / 1000} s`, ...reasons]
      member.kill()
    }, ABLE_WITHIN_MS)
    timer.unref()
  }

  function stopWithinMs(): number {
    return Math.max(0, ...[...members].map(({ serving }) => serving?.stopWithinMs ?? 0))
  }

  function noteServing({ id, pid, generation: its }: Member): void {
    // What was refused before works by now, as a worker shows that was started for another reason.
    if (roll?.state === 'refused' && its === generation) roll = { ...roll, state: 'running' }
    if (roll?.state === 'running') log.info({ worker: id, pid }, 'a new worker serves')
  }

  function ended(member: Member, end: MemberEnd): void {
    members.delete(member)
    events.ended(member, end)
    if (stopped) {
      if (members.size === 0) stopped.resolve()
      return
    }
    const { id, pid, state, problems, startedAt } = member
    const { code, signal } = end
    const how = problems.length > 0 ? problems : [signal ? `killed by ${signal}` : `ended with code ${code}`]
    const served = state === 'serving' || state === 'retiring'
    if (!served && !isStarted) return failStart(how, problems.length > 0)
    const ranToItsEnd = state === 'retiring' && code === 0
    if (!ranToItsEnd) {
      log.error({ worker: id, pid, code, signal, problems }, served ? 'a worker is lost' : 'a worker could not start')
    }
    if (!served && refuses(member)) return refuseRoll(how)
    if (state !== 'retiring') startLater(startedAt)
    tendSoon()
  }

  /** Whether a roll stops with it: nobody of its generation serves, and as many as should do. */
  function refuses({ generation: its }: Member): boolean {
    const serving = inState('serving')
    return roll?.state === 'running' && serving.length >= size && serving.every((each) => each.generation < its)
  }

  function refuseRoll(problems: readonly string[]): void {
    if (!roll) return
    roll = { ...roll, state: 'refused', since: new Date().toISOString(), problems }
    log.error({ reason: roll.reason, problems }, 'the workers that serve are kept: a new one could not take over')
  }

  function failStart(problems: readonly string[], isMistake: boolean): void {
    if (members.size > 0 && !isMistake) return tendSoon()
    for (const { kill } of members) kill()
    stopped = Promise.withResolvers()
    started.reject(isMistake ? new ConfigError(problems) : new Error(`No worker could start: ${problems.join(', ')}.`))
  }

  function startLater(startOfLost: Date): void {
    if (waiting || stopped) return
    const afterMs = pause.afterLife(Date.now() - startOfLost.getTime())
    log.warn({ serving: inState('serving').length, workers: size, afterMs }, 'another worker is started')
    waiting = setTimeout(() => {
      waiting = undefined
      tend()
    }, afterMs)
  }

  started.promise.catch(() => undefined)
  for (let count = 0; count < size; count += 1) start()
  return {
    members: () => [...members],
    started: started.promise,
    roll(reason) {
      if (stopped || !isStarted) return
      generation += 1
      roll = { reason, state: 'running', since: new Date().toISOString(), problems: [] }
      log.info({ reason }, 'replacing all workers, one at a time')
      tendSoon()
    },
    lastRoll: () => roll,
    async stop() {
      stopped ??= Promise.withResolvers()
      started.reject(new Error('Told to stop.'))
      clearTimeout(waiting)
      if (members.size === 0) return
      // Nobody waits for an answer of one that does not listen yet.
      for (const { kill } of inState('starting', 'prepared')) kill()
      const options = { withinMs: stopWithinMs(), polled: polls.areRecent() }
      for (const { stop } of inState('opening', 'serving', 'retiring')) stop(options)
      await stopped.promise
    },
    stopWithinMs,
  }
}

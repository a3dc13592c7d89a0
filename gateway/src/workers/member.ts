import cluster from 'node:cluster'
import type { MetricValues } from '@portico/service-kit/metrics'
import type { HealthReport } from '../http/health-report.ts'
import type { Counted, Examination, Point, Prepared, PrimaryMessage, WorkerMessage } from './messages.ts'
import { resetLostConnections } from './lost-connections.ts'
import { createQuestions } from './questions.ts'

/**
 * `starting` until all that is left to do is to listen, which a `prepared` one is told to; `retiring` once it accepts no
 * more connections.
 */
export type MemberState = 'starting' | 'prepared' | 'opening' | 'serving' | 'retiring'

/** A worker as the primary sees it. */
export interface Member {
  id: number
  pid: number
  /** Which roll it was started by or after: it has loaded what was there by then. */
  generation: number
  startedAt: Date
  state: MemberState
  /** As it told last; undefined until it is prepared. */
  report: HealthReport | undefined
  /** Undefined until it serves. */
  serving: { origin: string; stopWithinMs: number } | undefined
  /** Why it could not start, as far as it could tell. */
  problems: readonly string[]
  /** As it told them last; undefined until it was examined. */
  metrics: MetricValues | undefined
  listen: () => void
  /** Another one serves in its place. */
  handOver: () => void
  stop: (options: StopOptions) => void
  kill: () => void
  /** Undefined when it does not answer in time. */
  examine: () => Promise<Examination | undefined>
}

/** How all workers are told to stop. */
export interface StopOptions {
  /** Each may take as long as one that serves. */
  withinMs: number
  /** Whether the readiness of any was asked for recently. */
  polled: boolean
}

/** How a worker ended. */
export interface MemberEnd {
  code: number | null
  signal: string | null
  /** As it told them last: of one that was lost, those of the last time that it was examined. */
  metrics: MetricValues | undefined
}

/** What is done about a worker. */
export interface MemberEvents {
  /** It is in another state. */
  entered: (member: Member) => void
  /** It is ready, or is not any more. */
  reported: (member: Member) => void
  prepared: (member: Member, prepared: Prepared) => void
  /** Its readiness was asked for. */
  polled: () => void
  /** It retires, and nobody told it to. */
  left: (member: Member) => void
  ended: (member: Member, end: MemberEnd) => void
  count: (point: Point) => Counted
}

/** Longest wait for what a worker is asked. */
const ANSWER_WITHIN_MS = 2000
/** A process that should have ended by itself is killed that much later. */
const GRACE_MS = 1000

/** Starts a worker with the program and arguments that `cluster.setupPrimary` was told. */
export function startMember(generation: number, events: MemberEvents): Member {
  const worker = cluster.fork()
  resetLostConnections(worker)
  const examinations = createQuestions<Examination>()
  let killing: NodeJS.Timeout | undefined

  function tell(message: PrimaryMessage): void {
    if (worker.isConnected()) worker.send(message)
  }

  function kill(): void {
    worker.process.kill('SIGKILL')
  }

  function end(message: PrimaryMessage, withinMs = member.serving?.stopWithinMs ?? 0): void {
    tell(message)
    killing ??= setTimeout(kill, withinMs + GRACE_MS)
  }

  function enter(state: MemberState): void {
    member.state = state
    events.entered(member)
  }

  const member: Member = {
    id: worker.id,
    pid: worker.process.pid ?? 0,
    generation,
    startedAt: new Date(),
    state: 'starting',
    report: undefined,
    serving: undefined,
    problems: [],
    metrics: undefined,
    listen() {
      tell({ type: 'listen' })
      enter('opening')
    },
    handOver() {
      end({ type: 'hand over' })
      enter('retiring')
    },
    stop: ({ withinMs, polled }) => end({ type: 'stop', polled }, withinMs),
    kill,
    async examine() {
      const answer = examinations.ask((id) => tell({ type: 'examine', id }), { withinMs: ANSWER_WITHIN_MS })
      return answer.catch(() => undefined)
    },
  }

  worker.on('message', (message: WorkerMessage) => {
    if (message.type === 'count') {
      tell({ type: 'answer', id: message.id, value: events.count(message.point) })
    } else if (message.type === 'answer') {
      member.metrics = message.value.metrics
      examinations.answered(message.id, message.value)
    } else if (message.type === 'readiness') {
      member.report = message.report
      events.reported(member)
    } else if (message.type === 'prepared') {
      events.prepared(member, message)
      enter('prepared')
    } else if (message.type === 'serving') {
      member.serving = message
      enter('serving')
    } else if (message.type === 'polled') {
      events.polled()
    } else if (message.type === 'leaving') {
      events.left(member)
      enter('retiring')
    } else if (message.type === 'mistaken') {
      member.problems = message.problems
    } else {
      member.metrics = message.metrics
      tell({ type: 'farewell' })
    }
  })
  worker.once('exit', (code: number | null, signal: string | null) => {
    clearTimeout(killing)
    examinations.fail(new Error('The worker has ended.'))
    events.ended(member, { code, signal, metrics: member.metrics })
  })
  return member
}

/** Whether it can answer what clients ask. */
export function isReady({ report }: Member): boolean {
  return report?.status === 'ready'
}

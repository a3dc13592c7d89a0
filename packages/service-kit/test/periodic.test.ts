import { once } from 'node:events'
import { describe, expect, it } from '@jest/globals'
import { startPeriodic } from '@portico/service-kit/periodic'
import { eventually } from '@portico/testkit/eventually'
import { createMemoryLog } from './memory-log.ts'

describe('a periodic job', () => {
  it('runs again and again, never twice at once, and goes on after a run that failed', async () => {
    const { log, lines } = createMemoryLog()
    let runs = 0
    let running = 0
    let most = 0
    const run = async () => {
      runs += 1
      running += 1
      most = Math.max(most, running)
      // Longer than the pause between runs.
      await new Promise((resolve) => setTimeout(resolve, 5))
      running -= 1
      if (runs === 2) throw new Error('out of luck')
    }
    await using _ = startPeriodic({ name: 'prune', everyMs: 1, run, log })
    await eventually(() => runs >= 4)
    expect(most).toBe(1)
    expect(lines).toMatchObject([
      { level: 'warn', job: 'prune', msg: 'periodic job failed', err: { message: 'out of luck' } },
    ])
  })

  it('has not run yet when it is started', async () => {
    let runs = 0
    const run = async () => void (runs += 1)
    const job = startPeriodic({ name: 'prune', everyMs: 3_600_000, run, log: createMemoryLog().log })
    await job[Symbol.asyncDispose]()
    expect(runs).toBe(0)
  })

  it('that is disposed tells the run under way, waits for it, and says nothing of its failing', async () => {
    const { log, lines } = createMemoryLog()
    let state = 'waiting'
    const run = async (signal: AbortSignal) => {
      state = 'running'
      await once(signal, 'abort')
      state = 'stopping'
      await new Promise((resolve) => setTimeout(resolve, 20))
      state = 'stopped'
      signal.throwIfAborted()
    }
    const job = startPeriodic({ name: 'prune', everyMs: 1, run, log })
    await eventually(() => state === 'running')
    await job[Symbol.asyncDispose]()
    expect(state).toBe('stopped')
    expect(lines).toEqual([])
  })
})

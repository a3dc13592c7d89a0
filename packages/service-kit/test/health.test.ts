import { describe, expect, it } from '@jest/globals'
import { describeHealth, startHealth, type HealthCheck } from '@portico/service-kit/health'
import { eventually } from '@portico/testkit/eventually'
import { createMemoryLog } from './memory-log.ts'

/** A database that is as well as the test says, and counts how often it was asked. */
function createPatient(well = true) {
  const patient = { well, samples: 0 }
  const check: HealthCheck = {
    name: 'database',
    check: async () => {
      patient.samples += 1
      if (!patient.well) throw new Error('connection refused')
    },
  }
  return { patient, check }
}

describe('health', () => {
  it('is known as soon as it has started', async () => {
    const { log } = createMemoryLog()
    const { check } = createPatient()
    await using health = await startHealth({ checks: [check], log })
    expect(health.isReady()).toBe(true)
    expect(health.states()).toEqual({
      database: {
        critical: true,
        state: 'up',
        since: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        latencyMs: expect.any(Number),
        lastError: null,
      },
    })
  })

  it('is good when there is nothing to check', async () => {
    await using health = await startHealth({ checks: [], log: createMemoryLog().log })
    expect(health.isReady()).toBe(true)
  })

  it('is bad from the start when the first sample fails: nothing is forgiven to what never worked', async () => {
    const { log, lines } = createMemoryLog()
    const { check } = createPatient(false)
    await using health = await startHealth({ checks: [check, { name: 'other', check: async () => undefined }], log })
    expect(health.isReady()).toBe(false)
    expect(health.states()).toMatchObject({
      database: { state: 'down', lastError: 'connection refused' },
      other: { state: 'up' },
    })
    expect(lines).toMatchObject([
      { level: 'warn', check: 'database', reason: 'connection refused', msg: 'health check failed' },
    ])
  })

  it('is good without what is optional, of which it tells all the same', async () => {
    const { log, lines } = createMemoryLog()
    const broken = { ...createPatient(false).check, optional: true }
    const critical = { ...createPatient().check, name: 'critical' }
    await using health = await startHealth({ checks: [broken, critical], log })
    expect(health.isReady()).toBe(true)
    expect(health.states()).toMatchObject({
      database: { state: 'down', critical: false, lastError: 'connection refused' },
      critical: { state: 'up', critical: true },
    })
    expect(describeHealth(health)).toEqual({ status: 'ready', checks: health.states() })
    expect(lines).toMatchObject([{ level: 'warn', check: 'database', optional: true }])
  })

  it('turns bad with the third failure in a row, not before', async () => {
    const seen: unknown[] = []
    const failing = [false, true, true, false, true, true, true, true]
    await using health = await startHealth({
      log: createMemoryLog().log,
      intervalMs: 1,
      checks: [
        {
          name: 'database',
          // What the samples before this one have led to.
          check: async () => {
            const sample = seen.length
            seen.push(sample === 0 ? 'unknown' : health.states()['database']?.state)
            if (failing[sample] ?? true) throw new Error('connection refused')
          },
        },
      ],
    })
    await eventually(() => seen.length >= 9)
    expect(seen.slice(0, 9)).toEqual(['unknown', 'up', 'up', 'up', 'up', 'up', 'up', 'down', 'down'])
  })

  it('recovers with the first sample that works, and logs each change once', async () => {
    const { log, messages } = createMemoryLog()
    const { patient, check } = createPatient()
    await using health = await startHealth({ checks: [check], log, intervalMs: 1 })
    patient.well = false
    await eventually(() => !health.isReady())
    const asked = patient.samples
    await eventually(() => patient.samples > asked + 3)
    const downSince = health.states()['database']?.since ?? ''
    patient.well = true
    await eventually(() => health.isReady())
    expect(health.states()['database']).toMatchObject({ state: 'up', lastError: null })
    expect((health.states()['database']?.since ?? '') >= downSince).toBe(true)
    expect(messages()).toEqual(['health check failed', 'health check recovered'])
  })

  it('takes no answer for a bad one, and tells the check to give up', async () => {
    const { log } = createMemoryLog()
    let signalled: AbortSignal | undefined
    const check = (signal: AbortSignal) => {
      signalled = signal
      return new Promise<void>(() => undefined)
    }
    await using health = await startHealth({
      checks: [{ name: 'database', check }],
      log,
      intervalMs: 3_600_000,
      timeoutMs: 10,
    })
    expect(health.states()['database']).toMatchObject({ state: 'down', lastError: 'no answer within 10 ms' })
    expect(signalled?.aborted).toBe(true)
  })

  it('is not sampled when it is asked for', async () => {
    const { patient, check } = createPatient()
    await using health = await startHealth({ checks: [check], log: createMemoryLog().log, intervalMs: 3_600_000 })
    for (let time = 0; time < 100; time += 1) health.isReady()
    expect(patient.samples).toBe(1)
  })

  it('ends with draining, though all checks are up', async () => {
    const { check } = createPatient()
    await using health = await startHealth({ checks: [check], log: createMemoryLog().log, intervalMs: 1 })
    expect(health.isDraining()).toBe(false)
    health.drain()
    expect([health.isReady(), health.isDraining(), health.states()['database']?.state]).toEqual([false, true, 'up'])
  })

  it('that is disposed samples no more, and does not take being stopped for a failure', async () => {
    const { log, lines } = createMemoryLog()
    let asked = 0
    const check = async (signal: AbortSignal) => {
      asked += 1
      if (asked > 1) await new Promise((_, reject) => signal.addEventListener('abort', reject))
    }
    const health = await startHealth({ checks: [{ name: 'database', check }], log, intervalMs: 1, timeoutMs: 60_000 })
    await eventually(() => asked === 2)
    await health[Symbol.asyncDispose]()
    expect(health.states()['database']).toMatchObject({ state: 'up', lastError: null })
    expect(lines).toEqual([])
    expect(asked).toBe(2)
  })
})

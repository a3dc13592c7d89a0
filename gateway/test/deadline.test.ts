import { getEventListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import { startDeadline, TimeIsOverError, unlessAborted } from '../src/deadline.ts'

const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length

describe('a deadline', () => {
  it('aborts when its time is over, and says that this is why', async () => {
    using deadline = startDeadline({ withinMs: 1 })
    await new Promise((resolve) => deadline.signal.addEventListener('abort', resolve))
    expect(deadline.signal.reason).toBeInstanceOf(TimeIsOverError)
  })

  it('aborts with its parent, for the reason of that', () => {
    using parent = startDeadline({ withinMs: 60_000 })
    using child = startDeadline({ withinMs: 60_000, parent: parent.signal })
    const gone = new Error('gone')
    parent.abort(gone)
    expect(child.signal.reason).toBe(gone)
    using late = startDeadline({ withinMs: 60_000, parent: parent.signal })
    expect(late.signal.reason).toBe(gone)
  })

  it('leaves no timer and no listener behind, though its time is far from over', () => {
    const before = timers()
    using parent = startDeadline({ withinMs: 60_000 })
    const children = Array.from({ length: 100 }, () => startDeadline({ withinMs: 60_000, parent: parent.signal }))
    expect([timers() - before, getEventListeners(parent.signal, 'abort').length]).toEqual([101, 100])
    for (const child of children) child[Symbol.dispose]()
    expect([timers() - before, getEventListeners(parent.signal, 'abort').length]).toEqual([1, 0])
  })
})

describe('waiting unless aborted', () => {
  it('gives what was waited for, or fails as it did', async () => {
    using deadline = startDeadline({ withinMs: 60_000 })
    expect(await unlessAborted(Promise.resolve(1), deadline.signal)).toBe(1)
    await expect(unlessAborted(Promise.reject(new Error('no')), deadline.signal)).rejects.toThrow('no')
    expect(getEventListeners(deadline.signal, 'abort')).toEqual([])
  })

  it('ends with the signal, whatever becomes of what was waited for', async () => {
    using deadline = startDeadline({ withinMs: 1 })
    const failing = sleep(20).then(() => Promise.reject(new Error('too late')))
    expect(await unlessAborted(failing, deadline.signal)).toBeUndefined()
    expect(await unlessAborted(new Promise(() => undefined), deadline.signal)).toBeUndefined()
    await expect(failing).rejects.toThrow('too late')
  })
})

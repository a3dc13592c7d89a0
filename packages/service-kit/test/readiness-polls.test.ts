import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { createReadinessPolls } from '@portico/service-kit/readiness-polls'

describe('polls of readiness', () => {
  beforeEach(() => void jest.useFakeTimers())
  afterEach(() => void jest.useRealTimers())

  it('are none while somebody waits for the start, and hears of it', () => {
    const polls = createReadinessPolls()
    for (const isReady of [false, false, true]) polls.note(isReady)
    expect(polls.areRecent()).toBe(false)
    polls.note(false)
    expect(polls.areRecent()).toBe(true)
  })

  it('are recent for 30 seconds from the last', () => {
    const polls = createReadinessPolls()
    polls.note(true)
    polls.note(true)
    jest.advanceTimersByTime(20_000)
    polls.note(true)
    jest.advanceTimersByTime(29_999)
    expect(polls.areRecent()).toBe(true)
    jest.advanceTimersByTime(1)
    expect(polls.areRecent()).toBe(false)
  })
})

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { createReadinessPolls } from '@portico/service-kit/readiness-polls'

describe('polls of readiness', () => {
  beforeEach(() => void jest.useFakeTimers())
  afterEach(() => void jest.useRealTimers())

  it('are recent for 30 seconds from the last', () => {
    const polls = createReadinessPolls()
    expect(polls.areRecent()).toBe(false)
    polls.note()
    jest.advanceTimersByTime(20_000)
    polls.note()
    jest.advanceTimersByTime(29_999)
    expect(polls.areRecent()).toBe(true)
    jest.advanceTimersByTime(1)
    expect(polls.areRecent()).toBe(false)
  })
})

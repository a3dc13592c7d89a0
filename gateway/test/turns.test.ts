import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import { TimeIsOverError } from '../src/deadline.ts'
import { createTurns } from '../src/http/turns.ts'

const { signal: never } = new AbortController()

/** Keeps the event loop busy for a millisecond in each of its turns. */
async function work(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) {
    const until = performance.now() + 1
    while (performance.now() < until);
    await nextTurn()
  }
}

describe('the turns of requests', () => {
  it('begin at once when no other request is under way', async () => {
    const turns = createTurns()
    const log: string[] = []
    const taken = turns.take(async () => void log.push('begun'), never)
    log.push('taken')
    await taken
    expect(log).toEqual(['begun', 'taken'])
  })

  it('wait for those before them as long as there is something to do for these, and come in order', async () => {
    const turns = createTurns({ longestPauseMs: 60_000 })
    const log: string[] = []
    const request = (name: string) =>
      turns.take(async () => {
        log.push(`${name} begins`)
        await work(20)
        log.push(`${name} ends`)
      }, never)
    await Promise.all(['first', 'second', 'third'].map(request))
    expect(log).toEqual(['first begins', 'first ends', 'second begins', 'second ends', 'third begins', 'third ends'])
  })

  it('come while others wait for subgraphs', async () => {
    const turns = createTurns()
    const answered = Promise.withResolvers<string>()
    const first = turns.take(() => answered.promise, never)
    await turns.take(async () => answered.resolve('by what came later'), never)
    expect(await first).toBe('by what came later')
  })

  it('go on after a request that failed', async () => {
    const turns = createTurns()
    const failing = turns.take(() => Promise.reject(new Error('broken')), never)
    const next = turns.take(async () => 'answered', never)
    await expect(failing).rejects.toThrow('broken')
    expect(await next).toBe('answered')
  })

  it('come for one at a time even when the event loop is never idle', async () => {
    const turns = createTurns()
    const over = new AbortController()
    const busy = (async () => {
      while (!over.signal.aborted) await work(1)
    })()
    const answered = Promise.withResolvers<void>()
    const first = turns.take(() => answered.promise, never)
    expect(await turns.take(async () => 'second', never)).toBe('second')
    expect(await turns.take(async () => 'third', never)).toBe('third')
    over.abort()
    answered.resolve()
    await Promise.all([first, busy])
  })

  it('are over for a request whose time is over before it begins, which is told so', async () => {
    const turns = createTurns()
    const log: string[] = []
    const first = turns.take(() => work(3), never)
    const deadline = new AbortController()
    const late = Array.from({ length: 100 }, () =>
      turns.take(async () => void log.push('begun too late'), deadline.signal),
    )
    const last = turns.take(async () => void log.push('last'), never)
    const refused = Promise.allSettled(late)
    deadline.abort(new TimeIsOverError('The time is over.'))
    for (const { status, ...told } of await refused) {
      expect([status, told]).toMatchObject([
        'rejected',
        { reason: { extensions: { code: 'REQUEST_TIMEOUT', http: { status: 504 } } } },
      ])
    }
    await Promise.all([first, last])
    expect(log).toEqual(['last'])
  })
})

import { getEventListeners } from 'node:events'
import { describe, expect, it } from '@jest/globals'
import { createSingleFlight } from '../src/single-flight.ts'

/** Work that ends when it is told to. */
function work() {
  const started: { signal: AbortSignal; resolve: (value: string) => void; reject: (error: Error) => void }[] = []
  const start = (signal: AbortSignal) => {
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    started.push({ signal, resolve, reject })
    return promise
  }
  return { started, start }
}

const { signal } = new AbortController()
const deadline = 1000

describe('a single flight', () => {
  it('does work once for all who ask while it runs, and again for who asks later', async () => {
    const flights = createSingleFlight<string>()
    const { started, start } = work()
    const all = ['a', 'a', 'b'].map((key) => flights.run(key, { signal, deadline, start }))
    expect(started).toHaveLength(2)
    started[0]?.resolve('one')
    started[1]?.resolve('two')
    expect(await Promise.all(all)).toEqual(['one', 'one', 'two'])
    const later = flights.run('a', { signal, deadline, start })
    started[2]?.resolve('three')
    expect(await later).toBe('three')
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('fails for all, and is tried again by who asks later', async () => {
    const flights = createSingleFlight<string>()
    const { started, start } = work()
    const both = ['a', 'a'].map((key) => flights.run(key, { signal, deadline, start }))
    started[0]?.reject(new Error('broken'))
    for (const failing of both) await expect(failing).rejects.toThrow('broken')
    const later = flights.run('a', { signal, deadline, start })
    started[1]?.resolve('well')
    expect(await later).toBe('well')
  })

  it('goes on until the last who waits is gone', async () => {
    const flights = createSingleFlight<string>()
    const { started, start } = work()
    const clients = [new AbortController(), new AbortController()]
    const [first, second] = clients.map((client) => flights.run('a', { signal: client.signal, deadline, start }))
    clients[0]?.abort(new Error('gone'))
    await expect(first).rejects.toThrow('gone')
    expect(started[0]?.signal.aborted).toBe(false)
    clients[1]?.abort(new Error('gone too'))
    expect(started[0]?.signal.reason).toEqual(new Error('gone too'))

    const next = flights.run('a', { signal, deadline, start })
    started[1]?.resolve('anew')
    expect(await next).toBe('anew')
    started[0]?.resolve('what there was by then')
    expect(await second).toBe('what there was by then')
  })

  it('is not joined by who has much more or less time', async () => {
    const flights = createSingleFlight<string>()
    const { started, start } = work()
    const all = [1000, 1400, 2000, 1000].map((at) => flights.run('a', { signal, deadline: at, start }))
    expect(started).toHaveLength(3)
    started.forEach(({ resolve }, index) => resolve(String(index)))
    expect(await Promise.all(all)).toEqual(['0', '0', '1', '2'])
  })

  it('starts nothing for who is gone already', async () => {
    const { started, start } = work()
    await expect(
      createSingleFlight<string>().run('a', { signal: AbortSignal.abort(), deadline, start }),
    ).rejects.toThrow('aborted')
    expect(started).toEqual([])
  })

  it('does not let anyone join what was forgotten, which still ends for those who wait', async () => {
    const flights = createSingleFlight<string>()
    const { started, start } = work()
    const before = flights.run('a', { signal, deadline, start })
    flights.forget()
    const after = flights.run('a', { signal, deadline, start })
    started[0]?.resolve('old')
    expect(await before).toBe('old')
    const joining = flights.run('a', { signal, deadline, start })
    started[1]?.resolve('new')
    expect(await Promise.all([after, joining])).toEqual(['new', 'new'])
    expect(started).toHaveLength(2)
  })
})

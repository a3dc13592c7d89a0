import { describe, expect, it } from '@jest/globals'
import { eventually } from '@portico/testkit/eventually'
import { BoundedMemoryLimiter, createCountedKeys } from '../src/admission/rate-limits/store.ts'

describe('the memory limiter', () => {
  it('forgets what was counted longest ago when there is too much, of all limiters together, and nothing else', async () => {
    const counted = createCountedKeys()
    const limiter = new BoundedMemoryLimiter({ points: 2, duration: 3600, keyPrefix: 'test', counted })
    const other = new BoundedMemoryLimiter({ points: 5, duration: 60, keyPrefix: 'test', counted })
    await limiter.consume('first')
    await limiter.consume('again')
    for (let client = 0; client < 99_998; client += 1) await other.consume(client)
    await limiter.consume('again')
    await other.consume('one too many')
    expect(counted.size).toBe(100_000)
    expect(await limiter.get('first')).toBeNull()
    expect(await limiter.get('again')).toMatchObject({ consumedPoints: 2 })
    expect(await other.get(0)).toMatchObject({ consumedPoints: 1 })
    await expect(limiter.consume('again')).rejects.toMatchObject({ consumedPoints: 3 })
  })

  it('forgets whose window has ended, though nobody asks again', async () => {
    const counted = createCountedKeys()
    const short = new BoundedMemoryLimiter({ points: 2, duration: 1, keyPrefix: 'test', counted })
    const long = new BoundedMemoryLimiter({ points: 2, duration: 3600, keyPrefix: 'test', counted })
    await long.consume('one')
    for (let client = 0; client < 1000; client += 1) await short.consume(client)
    expect(counted.size).toBe(1001)
    await eventually(() => counted.size === 1)
    expect(await short.get(0)).toBeNull()
    expect(await long.get('one')).toMatchObject({ consumedPoints: 1 })
  })
})

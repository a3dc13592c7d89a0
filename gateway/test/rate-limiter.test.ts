import { describe, expect, it } from '@jest/globals'
import { BoundedMemoryLimiter } from '../src/admission/rate-limits/store.ts'

describe('the memory limiter', () => {
  it('forgets whom it has not seen for longest when there are too many, and nobody else', async () => {
    const limiter = new BoundedMemoryLimiter({ points: 2, duration: 3600, keyPrefix: 'test' })
    await limiter.consume('first')
    await limiter.consume('again')
    for (let client = 0; client < 99_998; client += 1) await limiter.consume(client)
    await limiter.consume('again')
    await limiter.consume('one too many')
    expect(await limiter.get('first')).toBeNull()
    expect(await limiter.get('again')).toMatchObject({ consumedPoints: 2 })
    expect(await limiter.get(0)).toMatchObject({ consumedPoints: 1 })
    await expect(limiter.consume('again')).rejects.toMatchObject({ consumedPoints: 3 })
  })
})

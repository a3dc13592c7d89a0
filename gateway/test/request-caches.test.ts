import { describe, expect, it } from '@jest/globals'
import { parse } from 'graphql'
import { createRequestCaches } from '../src/http/request-caches.ts'

describe('what is remembered of requests', () => {
  it('is ten thousand texts, however short, and forgets the one that was not used for longest', async () => {
    const { cache } = createRequestCaches()
    for (let index = 0; index < 10_000; index += 1) await cache.set(String(index), '{a}')
    expect(await cache.get('0')).toBe('{a}')
    await cache.set('one more', '{a}')
    expect(await Promise.all(['0', '1', '2', 'one more'].map((key) => cache.get(key)))).toEqual([
      '{a}',
      undefined,
      '{a}',
      '{a}',
    ])
  })

  it('is thirty mebibytes of texts, however few', async () => {
    const { cache } = createRequestCaches()
    for (let index = 0; index <= 30; index += 1) await cache.set(String(index), 'x'.repeat(1024 * 1024))
    expect(await cache.get('0')).toBeUndefined()
    expect(await cache.get('1')).toBeDefined()
  })

  it('is a thousand documents, or fewer long ones', async () => {
    const { documentStore } = createRequestCaches()
    const short = parse('{ a }')
    for (let index = 0; index <= 1000; index += 1) await documentStore.set(String(index), short)
    expect(await documentStore.get('0')).toBeUndefined()
    expect(await documentStore.get('1')).toBe(short)

    const long = parse(`{ a } #${'.'.repeat(600_000)}`)
    await documentStore.set('long', long)
    await documentStore.set('longer', long)
    expect(await documentStore.get('long')).toBeUndefined()
    expect(await documentStore.get('longer')).toBe(long)
  })
})

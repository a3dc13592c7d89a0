import { describe, expect, it } from '@jest/globals'
import { addReadGauge, createBoundedLabel } from '@portico/service-kit/metrics'
import { Registry } from 'prom-client'

describe('a label of values that clients choose', () => {
  it('keeps the first ones, for good, and calls the rest other', () => {
    const label = createBoundedLabel({ most: 2 })
    expect(['a', 'b', 'c', 'a', 'b', 'd'].map(label)).toEqual(['a', 'b', 'other', 'a', 'b', 'other'])
  })

  it('calls what is too long other, and keeps its place for something else', () => {
    const label = createBoundedLabel({ most: 1, longest: 3 })
    expect(['long', 'abc', 'abcd'].map(label)).toEqual(['other', 'abc', 'other'])
  })
})

describe('a gauge that is read', () => {
  it('has the samples of this moment, and none of what is gone', async () => {
    const registry = new Registry()
    const up = new Map([
      ['a', true],
      ['b', false],
    ])
    const read = () => [...up].map(([name, value]) => [{ name }, value] as const)
    addReadGauge(registry, { name: 'test_up', help: 'Up.', labelNames: ['name'], read })
    const samples = async () => (await registry.metrics()).split('\n').filter((line) => line.startsWith('test_up'))
    expect(await samples()).toEqual(['test_up{name="a"} 1', 'test_up{name="b"} 0'])
    up.delete('a')
    expect(await samples()).toEqual(['test_up{name="b"} 0'])
  })
})

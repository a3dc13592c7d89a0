import { describe, expect, it } from '@jest/globals'
import { PUBLICATIONS, SUBSCRIPTIONS } from '../src/contract.ts'

describe('the contract of events', () => {
  it('has one subgraph for each kind to tell it, and one to handle it, as more are not vouched for by RabbitMQ', () => {
    const namesIn = (lists: typeof SUBSCRIPTIONS) =>
      Object.values(lists)
        .flatMap((types) => types.map(({ name }) => name))
        .toSorted()
    const handled = namesIn(SUBSCRIPTIONS)
    expect(handled).toEqual([...new Set(handled)])
    expect(namesIn(PUBLICATIONS)).toEqual(handled)
  })
})

import { buildSubgraphSchema } from '@apollo/subgraph'
import { describe, expect, it } from '@jest/globals'
import { forgetAfterMutations } from '@portico/service-kit/fresh-reads'
import DataLoader from 'dataloader'
import { graphql, parse } from 'graphql'

const SDL = `
  type Query { balance: Int }
  type Mutation { pay(amount: Int!): Int }
`

/** An account whose balance is read through a loader, and a mutation that answers with what the loader says. */
function createAccount() {
  let balance = 100
  let reads = 0
  const loader = new DataLoader(async (keys: readonly string[]) => {
    reads += 1
    return keys.map(() => balance)
  })
  const read = () => loader.load('balance')
  const schema = buildSubgraphSchema([
    {
      typeDefs: parse(SDL),
      resolvers: {
        Query: { balance: read },
        Mutation: {
          pay: async (_: unknown, { amount }: { amount: number }) => {
            const before = await read()
            if (amount > before) throw new Error('not enough')
            balance = before - amount
            return before
          },
        },
      },
    },
  ])
  forgetAfterMutations(schema)
  return {
    execute: (source: string) => graphql({ schema, source, contextValue: { loaders: { loader } } }),
    reads: () => reads,
  }
}

describe('mutations of one request', () => {
  it('see what those before them have changed, whether or not they succeeded', async () => {
    const { execute } = createAccount()
    const { data, errors } = await execute('mutation { a: pay(amount: 30) b: pay(amount: 999) c: pay(amount: 70) }')
    expect({ ...data }).toEqual({ a: 100, b: null, c: 70 })
    expect(errors).toMatchObject([{ path: ['b'], message: 'not enough' }])
  })

  it('leave reading alone: a query reads once however often it asks', async () => {
    const { execute, reads } = createAccount()
    expect({ ...(await execute('{ one: balance other: balance }')).data }).toEqual({ one: 100, other: 100 })
    expect(reads()).toBe(1)
  })
})

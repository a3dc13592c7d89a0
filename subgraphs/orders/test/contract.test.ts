import { describeSubgraphContract } from '@portico/testkit/subgraph-contract'
import { customer, support } from '@portico/testkit/viewers'
import { startTestOrders } from './orders-subgraph.ts'

const OWNER = customer()

describeSubgraphContract('orders', {
  async start() {
    const orders = await startTestOrders()
    for (let count = 0; count < 3; count += 1) await orders.place({ customerId: OWNER.id })
    return orders
  },

  async entity({ database }) {
    const { rows } = await database.sql.query<{ id: string }>('SELECT id FROM "order" LIMIT 1')
    return {
      existing: { __typename: 'Order', id: rows[0]?.id },
      missing: { __typename: 'Order', id: '00000000-0000-4000-8000-000000000000' },
      selection: '... on Order { number }',
      viewer: OWNER,
    }
  },

  owned: async () => ({
    representation: { __typename: 'User', id: OWNER.id },
    selection: '... on User { lifetimeSpend { amount } }',
    owner: OWNER,
    stranger: customer(),
    staff: support(),
  }),

  connection: { field: 'orders', viewer: support() },
})

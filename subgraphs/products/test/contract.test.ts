import { describeSubgraphContract } from '@portico/testkit/subgraph-contract'
import { ANONYMOUS } from '@portico/service-kit/viewer'
import { startTestProducts } from './products-subgraph.ts'

describeSubgraphContract('products', {
  async start() {
    const products = await startTestProducts()
    for (const slug of ['first', 'second', 'third']) await products.add({ slug })
    return products
  },

  async entity() {
    return {
      existing: { __typename: 'Product', slug: 'first' },
      missing: { __typename: 'Product', slug: 'nobody' },
      selection: '... on Product { title }',
    }
  },

  connection: { field: 'products', viewer: ANONYMOUS },
})

import type { ConcreteRequest } from 'relay-runtime'

const TEXT = `query RelayProductList($first: Int!, $after: String) {
  products(first: $first, after: $after, sort: TITLE_ASC) {
    edges { cursor node { id title __typename } }
    pageInfo { endCursor hasNextPage }
  }
}`

const FILTERS = ['sort']
const sort = { kind: 'Literal', name: 'sort', value: 'TITLE_ASC' } as const
const args = [
  { kind: 'Variable', name: 'after', variableName: 'after' },
  { kind: 'Variable', name: 'first', variableName: 'first' },
  sort,
] as const
const variables = [
  { kind: 'LocalArgument', name: 'after', defaultValue: null },
  { kind: 'LocalArgument', name: 'first', defaultValue: null },
] as const

const scalar = (name: string) => ({ kind: 'ScalarField', name }) as const
const connection = [
  {
    kind: 'LinkedField',
    name: 'edges',
    concreteType: 'ProductEdge',
    plural: true,
    selections: [
      scalar('cursor'),
      {
        kind: 'LinkedField',
        name: 'node',
        concreteType: 'Product',
        plural: false,
        selections: [scalar('id'), scalar('title'), scalar('__typename')],
      },
    ],
  },
  {
    kind: 'LinkedField',
    name: 'pageInfo',
    concreteType: 'PageInfo',
    plural: false,
    selections: [scalar('endCursor'), scalar('hasNextPage')],
  },
] as const

/**
 * What relay-compiler makes of a query with `products(…) @connection(key: "ProductList_products", filters: ["sort"])`,
 * written by hand, since the compiler is a program for each platform that only this would need.
 */
export const relayProductList: ConcreteRequest = {
  kind: 'Request',
  params: {
    id: null,
    cacheID: TEXT,
    text: TEXT,
    name: 'RelayProductList',
    operationKind: 'query',
    metadata: {},
  },
  operation: {
    kind: 'Operation',
    name: 'RelayProductList',
    argumentDefinitions: variables,
    selections: [
      {
        kind: 'LinkedField',
        name: 'products',
        args,
        concreteType: 'ProductConnection',
        plural: false,
        selections: connection,
      },
      {
        kind: 'LinkedHandle',
        name: 'products',
        args,
        handle: 'connection',
        key: 'ProductList_products',
        filters: FILTERS,
      },
    ],
  },
  fragment: {
    kind: 'Fragment',
    name: 'RelayProductList',
    type: 'Query',
    argumentDefinitions: variables,
    selections: [
      {
        kind: 'LinkedField',
        alias: 'products',
        name: '__ProductList_products_connection',
        args: [sort],
        concreteType: 'ProductConnection',
        plural: false,
        selections: connection,
      },
    ],
  },
}

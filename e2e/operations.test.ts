import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { loadSupergraph } from '@portico/gateway/supergraph/load'
import { DEMO_LOGINS, DEMO_PASSWORD } from '@portico/database/demo-logins'
import { eventually } from '@portico/testkit/eventually'
import {
  isInterfaceType,
  isObjectType,
  parse,
  specifiedRules,
  TypeInfo,
  validate,
  visit,
  visitWithTypeInfo,
  type DocumentNode,
  type GraphQLSchema,
} from 'graphql'
import { startTestGraph, type TestGraph } from './test-graph.ts'

const FOLDER = join(import.meta.dirname, '../schema/operations')

const documents = new Map(
  readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.graphql'))
    .map((path) => [basename(path, '.graphql'), readFileSync(join(FOLDER, path), 'utf8')]),
)

let graph: TestGraph
let schema: GraphQLSchema
beforeAll(async () => {
  graph = await startTestGraph()
  const loaded = await loadSupergraph({
    source: { kind: 'subgraphs', file: join(FOLDER, '../subgraphs.json') },
    subgraphUrls: new Map(),
  })
  schema = loaded.apiGraphqlSchema
})
afterAll(() => graph[Symbol.asyncDispose]())

describe('the operations that clients send', () => {
  const executed = new Set<string>()

  /** Sends a document as it stands in the folder, and expects an answer without errors. */
  async function run<Data>(name: string, variables: Record<string, unknown> = {}, token?: string): Promise<Data> {
    executed.add(name)
    const { data, errors } = await graph.request<Data>(documents.get(name) ?? name, variables, token)
    expect(errors).toEqual([])
    return data
  }

  type Result<Fields = unknown> = { __typename: string } & Fields

  const ADDRESS = {
    recipient: 'New Customer',
    line1: '2 Low Street',
    city: 'Hamburg',
    postalCode: '20095',
    countryCode: 'DE',
  }

  it('let a customer register, keep a profile and addresses, and leave', async () => {
    const input = { email: 'new.customer@example.com', password: 'a long enough password', displayName: 'New Customer' }
    const { register } = await run<{ register: Result<{ accessToken: string; refreshToken: string }> }>('Register', {
      input,
    })
    const token = register.accessToken

    const { updateProfile } = await run<{ updateProfile: Result<{ version: number }> }>(
      'UpdateProfile',
      { input: { displayName: 'Newer Customer', expectedVersion: 1 } },
      token,
    )
    expect(updateProfile).toMatchObject({ __typename: 'User', displayName: 'Newer Customer', version: 2 })

    const { addAddress } = await run<{ addAddress: Result<{ id: string; version: number }> }>(
      'AddAddress',
      { input: ADDRESS },
      token,
    )
    expect(addAddress).toMatchObject({ __typename: 'Address', ...ADDRESS })
    const { updateAddress } = await run<{ updateAddress: Result }>(
      'UpdateAddress',
      { id: addAddress.id, expectedVersion: 1, input: { ...ADDRESS, line2: 'back house' } },
      token,
    )
    expect(updateAddress).toMatchObject({ __typename: 'Address', line2: 'back house', version: 2 })

    const { me } = await run<{ me: unknown }>('Me', {}, token)
    expect(me).toMatchObject({
      displayName: 'Newer Customer',
      email: 'new.customer@example.com',
      role: 'CUSTOMER',
      plan: 'FREE',
      scopes: [],
      addresses: [{ line2: 'back house' }],
      lifetimeSpend: { amount: '0.00', currencyCode: 'EUR' },
    })

    const { removeAddress } = await run<{ removeAddress: Result }>('RemoveAddress', { id: addAddress.id }, token)
    expect(removeAddress).toEqual({ __typename: 'Address', id: addAddress.id })

    const { refreshSession } = await run<{ refreshSession: Result<{ refreshToken: string }> }>('RefreshSession', {
      refreshToken: register.refreshToken,
    })
    expect(refreshSession.__typename).toBe('Session')
    const { changePassword } = await run<{ changePassword: Result<{ refreshToken: string }> }>(
      'ChangePassword',
      { currentPassword: input.password, newPassword: 'another long password' },
      token,
    )
    expect(changePassword.__typename).toBe('Session')
    expect(await run('SignOut', { refreshToken: changePassword.refreshToken })).toEqual({ signOut: true })
  })

  it.each(DEMO_LOGINS.map(({ email, role, plan }) => [email, role, plan]))(
    'sign %s in, who is %s on plan %s',
    async (email, role, plan) => {
      const { signIn } = await run<{ signIn: Result<{ accessToken: string }> }>('SignIn', {
        email,
        password: DEMO_PASSWORD,
      })
      expect(signIn.__typename).toBe('Session')
      const { me } = await run<{ me: unknown }>('Me', {}, signIn.accessToken)
      expect(me).toMatchObject({ email, role, plan })
    },
  )

  it('show the shop to anyone', async () => {
    const home = await run<{ categories: { slug: string; id: string }[]; products: { nodes: { slug: string }[] } }>(
      'Home',
    )
    expect(home.categories).toHaveLength(20)
    expect(home.products.nodes).toHaveLength(8)

    const { categories } = await run<{ categories: { parent: unknown; children: unknown[] }[] }>('Categories')
    expect(categories.some(({ children }) => children.length > 0)).toBe(true)

    const filter = { categoryId: home.categories[0]?.id, minPrice: '1.00' }
    const first = await run<{ products: Page }>('ProductList', { first: 5, filter, sort: 'PRICE_ASC' })
    expect(first.products.edges).toHaveLength(5)
    const next = await run<{ products: Page }>('ProductList', {
      first: 5,
      filter,
      sort: 'PRICE_ASC',
      after: first.products.pageInfo.endCursor,
    })
    expect(next.products.pageInfo.hasPreviousPage).toBe(true)

    const backward = await run<{ products: { nodes: unknown[] } }>('ProductListBackward', {
      last: 4,
      sort: 'TITLE_ASC',
    })
    expect(backward.products.nodes).toHaveLength(4)
  })

  interface Page {
    edges: { cursor: string; node: { slug: string; title: string } }[]
    pageInfo: { endCursor: string; hasPreviousPage: boolean }
  }

  it('find products and show one with its variants, stock and shipping', async () => {
    const { products } = await run<{ products: Page }>('ProductList', { first: 1 })
    const { slug = '', title = '' } = products.edges[0]?.node ?? {}
    const found = await run<{ products: { nodes: { slug: string }[]; totalCount: number } }>('ProductSearch', {
      search: title,
    })
    expect(found.products.totalCount).toBeGreaterThan(0)

    interface Variant {
      id: string
      sku: string
      shippingEstimate: { amount: string }
      inventory: { available: number }
    }
    const { product } = await run<{ product: { variants: { edges: { node: Variant }[] } } }>('ProductPage', {
      slug,
      countryCode: 'DE',
    })
    const variant = product.variants.edges[0]?.node
    expect(variant?.shippingEstimate.amount).toMatch(/^\d+\.\d\d$/)
    expect(variant?.inventory.available).toBeGreaterThanOrEqual(0)

    const bySku = await run<{ variant: { id: string; product: { slug: string } } }>('VariantBySku', {
      sku: variant?.sku,
    })
    expect(bySku.variant).toMatchObject({ id: variant?.id, product: { slug } })
    const cart = await run<{ first: unknown; second: unknown }>('CartVariants', {
      first: variant?.id,
      second: variant?.id,
    })
    expect(cart.first).toEqual(cart.second)
  })

  it('show a customer their orders', async () => {
    const token = await graph.tokenOf('CUSTOMER')
    const { me } = await run<{
      me: { orders: { totalCount: number; edges: { node: { id: string; number: string } }[] } }
    }>('MyOrders', { first: 3 }, token)
    expect(me.orders.totalCount).toBeGreaterThan(3)
    const { id, number } = me.orders.edges[0]?.node ?? {}
    const { order } = await run<{ order: { number: string; lines: { variant: unknown }[]; history: unknown[] } }>(
      'OrderDetail',
      { id },
      token,
    )
    expect(order.number).toBe(number)
    expect(order.lines.length).toBeGreaterThan(0)
    expect(order.history.length).toBeGreaterThan(0)
    const byNumber = await run<{ order: { id: string } }>('OrderByNumber', { number: number?.toLowerCase() }, token)
    expect(byNumber.order.id).toBe(id)
  })

  it('let a customer see what an order costs, place it, see it confirmed and cancel it', async () => {
    const token = await graph.tokenOf('CUSTOMER')
    const manager = await graph.tokenOf('CATALOG_MANAGER')
    const { products } = await run<{ products: { nodes: { variants: { nodes: { id: string; sku: string }[] } }[] } }>(
      '{ products(first: 1) { nodes { variants(first: 1) { nodes { id sku } } } } }',
    )
    const cart = products.nodes[0]?.variants.nodes[0]
    if (!cart) throw new Error('The demo data has products.')
    await run('AdjustInventory', { sku: cart.sku, delta: 2, reason: 'delivery', idempotencyKey: 'for-two' }, manager)
    const stock = async () => {
      const { variant } = await run<{ variant: { inventory: { available: number } } }>(
        'query ($id: ID!) { variant(id: $id) { inventory { available } } }',
        { id: cart.id },
      )
      return variant.inventory.available
    }
    const before = await stock()

    const lines = [{ variantId: cart.id, quantity: 2 }]
    const { quoteOrder } = await run<{ quoteOrder: Result<{ total: { amount: string } }> }>('QuoteOrder', {
      input: { lines, countryCode: 'DE' },
    })
    expect(quoteOrder).toMatchObject({
      __typename: 'OrderQuote',
      lines: [{ sku: cart.sku, quantity: 2, variant: { id: cart.id } }],
    })

    const order = { lines, shippingAddress: ADDRESS, expectedTotal: quoteOrder.total.amount }
    const place = (input: unknown, idempotencyKey: string) =>
      run<{ placeOrder: Result<{ id: string }> }>('PlaceOrder', { input, idempotencyKey }, token)
    const { placeOrder } = await place(order, 'two')
    expect(placeOrder).toMatchObject({ __typename: 'Order', status: 'PENDING', version: 1, total: quoteOrder.total })
    expect(await place({ ...order, expectedTotal: '0.01' }, 'cheap')).toMatchObject({
      placeOrder: { __typename: 'PriceChangedError', currentTotal: quoteOrder.total },
    })

    const statusOf = async () => {
      const detail = await run<{ order: { status: string } }>('OrderDetail', { id: placeOrder.id }, token)
      return detail.order.status
    }
    await eventually(async () => (await statusOf()) === 'CONFIRMED')
    expect(await stock()).toBe(before - 2)
    const { cancelOrder } = await run<{ cancelOrder: Result }>(
      'CancelOrder',
      { id: placeOrder.id, reason: 'Bought elsewhere', expectedVersion: 2 },
      token,
    )
    expect(cancelOrder).toMatchObject({ status: 'CANCELLED', statusReason: 'Bought elsewhere', version: 3 })
    await eventually(async () => (await stock()) === before)
  })

  it('let support look after customers and fulfil orders', async () => {
    const token = await graph.tokenOf('SUPPORT')
    const { users } = await run<{ users: { totalCount: number; nodes: { id: string }[] } }>(
      'UserList',
      { first: 3 },
      token,
    )
    expect(users.totalCount).toBeGreaterThanOrEqual(50)
    const { user } = await run<{ user: { email: string } }>('CustomerOverview', { id: users.nodes[0]?.id }, token)
    expect(user.email).toContain('@')

    interface Queue {
      orders: { edges: { node: { id: string; number: string; version: number; customer: { email: string } } }[] }
    }
    const queue = await run<Queue>('OrderQueue', { status: 'CONFIRMED', first: 2 }, token)
    const { id, number, version, customer } = queue.orders.edges[0]?.node ?? {}
    expect(customer?.email).toContain('@')
    const slip = await run<{ order: { lines: unknown[] } }>('PackingSlip', { number }, token)
    expect(slip.order.lines.length).toBeGreaterThan(0)

    const shipped = await run<{ shipOrder: Result<{ version: number }> }>(
      'ShipOrder',
      { id, trackingNumber: 'TRACK-12345', expectedVersion: version },
      token,
    )
    expect(shipped.shipOrder).toMatchObject({ __typename: 'Order', status: 'SHIPPED', trackingNumber: 'TRACK-12345' })
    const delivered = await run<{ deliverOrder: Result }>(
      'DeliverOrder',
      { id, expectedVersion: shipped.shipOrder.version },
      token,
    )
    expect(delivered.deliverOrder).toMatchObject({ __typename: 'Order', status: 'DELIVERED' })
    const again = await run<{ deliverOrder: Result }>(
      'DeliverOrder',
      { id, expectedVersion: shipped.shipOrder.version + 1 },
      token,
    )
    expect(again.deliverOrder).toMatchObject({
      __typename: 'InvalidTransitionError',
      from: 'DELIVERED',
      to: 'DELIVERED',
    })
  })

  it('let a catalogue manager keep the catalogue and the stock', async () => {
    const token = await graph.tokenOf('CATALOG_MANAGER')
    const input = {
      slug: 'test-lantern',
      title: 'Test lantern',
      variants: [{ sku: 'TEST-LANTERN-1', title: 'One size', price: '12.50', weightGrams: 400, stock: 7 }],
    }
    const create = () =>
      run<{ createProduct: Result<{ id: string }> }>('CreateProduct', { input, idempotencyKey: 'lantern' }, token)
    const { createProduct } = await create()
    expect(createProduct).toMatchObject({ __typename: 'Product', status: 'DRAFT', version: 1 })
    expect(await create()).toEqual({ createProduct })

    const { updateProduct } = await run<{ updateProduct: Result }>(
      'UpdateProduct',
      { input: { id: createProduct.id, status: 'ACTIVE', expectedVersion: 1 } },
      token,
    )
    expect(updateProduct).toMatchObject({ __typename: 'Product', status: 'ACTIVE', version: 2 })

    const { adjustInventory } = await run<{ adjustInventory: Result }>(
      'AdjustInventory',
      { sku: 'TEST-LANTERN-1', delta: -3, reason: 'broken', idempotencyKey: 'broken-1' },
      token,
    )
    expect(adjustInventory).toMatchObject({
      __typename: 'ProductVariant',
      inventory: { available: 4, reserved: 0, status: 'LOW' },
    })

    const review = await run<{ products: { totalCount: number } }>('CatalogueReview', { status: 'DRAFT' }, token)
    expect(review.products.totalCount).toBeGreaterThan(0)
  })

  it('let an administrator report sales and give roles and plans', async () => {
    const token = await graph.tokenOf('ADMIN')
    const report = await run<{ products: { nodes: { variants: { nodes: { unitsSold: number }[] } }[] } }>(
      'SalesReport',
      {},
      token,
    )
    const sold = report.products.nodes.flatMap(({ variants }) => variants.nodes.map(({ unitsSold }) => unitsSold))
    expect(sold.every((units) => Number.isInteger(units) && units >= 0)).toBe(true)

    const { users } = await run<{ users: { nodes: { id: string }[] } }>(
      'UserList',
      { filter: { search: 'new.customer@' } },
      token,
    )
    const userId = users.nodes[0]?.id
    const { user } = await run<{ user: { version: number } }>('CustomerOverview', { id: userId }, token)
    const role = await run<{ setUserRole: Result<{ version: number }> }>(
      'SetUserRole',
      { userId, role: 'SUPPORT', expectedVersion: user.version },
      token,
    )
    expect(role.setUserRole).toMatchObject({ __typename: 'User', role: 'SUPPORT' })
    const plan = await run<{ setUserPlan: Result }>(
      'SetUserPlan',
      { userId, plan: 'PRO', expectedVersion: role.setUserRole.version },
      token,
    )
    expect(plan.setUserPlan).toMatchObject({ __typename: 'User', plan: 'PRO' })
  })

  it('have all been executed above', () => {
    expect(documents.size).toBeGreaterThanOrEqual(25)
    expect([...documents.keys()].filter((name) => !executed.has(name))).toEqual([])
  })
})

describe('the schema', () => {
  it('has no field that no operation selects', () => {
    const selected = new Set<string>()
    for (const text of documents.values()) {
      const document: DocumentNode = parse(text)
      expect(validate(schema, document, specifiedRules)).toEqual([])
      const info = new TypeInfo(schema)
      visit(
        document,
        visitWithTypeInfo(info, {
          Field: () => void selected.add(`${info.getParentType()?.name}.${info.getFieldDef()?.name}`),
        }),
      )
    }
    const ofInterfaces = (typeName: string, fieldName: string) => {
      const type = schema.getType(typeName)
      return isObjectType(type) && type.getInterfaces().some(({ name }) => selected.has(`${name}.${fieldName}`))
    }
    const unselected = Object.values(schema.getTypeMap())
      .filter((type) => (isObjectType(type) || isInterfaceType(type)) && !type.name.startsWith('__'))
      .flatMap((type) =>
        isObjectType(type) || isInterfaceType(type)
          ? Object.keys(type.getFields()).map((field) => [type.name, field] as const)
          : [],
      )
      .filter(([type, field]) => !selected.has(`${type}.${field}`) && !ofInterfaces(type, field))
      .map((coordinate) => coordinate.join('.'))
    expect(unselected).toEqual([])
  })
})

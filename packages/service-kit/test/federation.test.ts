import { readFile } from 'node:fs/promises'
import { composeServices, type CompositionSuccess } from '@apollo/composition'
import { Trace } from '@apollo/usage-reporting-protobuf'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { isObjectType, parse, print, type ASTNode, type GraphQLSchema } from 'graphql'
import { startTestInventory } from './inventory-subgraph/test-inventory.ts'

const sdlOf = (file: string) => readFile(new URL(`./inventory-subgraph/${file}.graphql`, import.meta.url), 'utf8')

let inventory: Awaited<ReturnType<typeof startTestInventory>>
let served: string
beforeAll(async () => {
  inventory = await startTestInventory()
  const { data } = await inventory.post<{ _service: { sdl: string } }>(
    '{ _service { sdl } }',
    await inventory.headers(),
  )
  served = data._service.sdl
})
afterAll(() => inventory[Symbol.asyncDispose]())

/** Composes SDL of the inventory with the staff subgraph's. */
async function compose(sdl: string) {
  const sdls = Object.entries({ inventory: sdl, staff: await sdlOf('staff') })
  return composeServices(sdls.map(([name, typeDefs]) => ({ name, url: `http://${name}`, typeDefs: parse(typeDefs) })))
}

/** Every use of a directive, with what it stands at: "Part.note @tag(name: "internal")". */
function directivesOf(sdl: string): Set<string> {
  const used = (path: string, node: ASTNode): string[] => [
    ...('directives' in node ? (node.directives ?? []) : []).map((directive) => `${path} ${print(directive)}`),
    ...('fields' in node ? (node.fields ?? []) : []).flatMap((field) => used(`${path}.${field.name.value}`, field)),
  ]
  const definitions = parse(sdl).definitions.flatMap((node) =>
    used('name' in node ? (node.name?.value ?? '') : 'schema', node),
  )
  return new Set(definitions)
}

describe('the SDL that a subgraph serves', () => {
  it('is its whole schema with every directive where it was written', async () => {
    const written = directivesOf(await sdlOf('inventory'))
    expect(written.size).toBeGreaterThan(20)
    expect(directivesOf(served)).toEqual(new Set([...directivesOf(served), ...written]))
    expect(served).toContain('directive @audited(years: Int! = 10) on OBJECT | FIELD_DEFINITION')
  })
})

describe('a composed supergraph', () => {
  let composed: CompositionSuccess
  let api: GraphQLSchema
  beforeAll(async () => {
    const result = await compose(served)
    if (result.errors) throw new AggregateError(result.errors, String(result.errors))
    composed = result
    api = composed.schema.toAPISchema().toGraphQLJSSchema()
  })
  const fieldsOf = (name: string) => {
    const type = api.getType(name)
    return isObjectType(type) ? Object.keys(type.getFields()).toSorted() : []
  }

  it('can resolve every field from everywhere, through all of the keys', () => {
    for (const key of ['id', 'number revision', 'number maker { id }', 'aisle { number } shelf']) {
      expect(composed.supergraphSdl).toContain(`@join__type(graph: INVENTORY, key: "${key}")`)
    }
  })

  it('knows which field needs which of another subgraph, and which is served on a path only', () => {
    expect(composed.supergraphSdl).toContain('@join__field(graph: INVENTORY, requires: "partsCounted yearsEmployed")')
    expect(composed.supergraphSdl).toContain('@join__field(graph: INVENTORY, provides: "partsCounted")')
  })

  it('takes an overridden field from its new subgraph', () => {
    expect(composed.supergraphSdl).toContain('name: String @join__field(graph: INVENTORY, override: "staff")')
  })

  it('hides what is inaccessible, and keeps tags and directives of our own', () => {
    expect(fieldsOf('Size')).toEqual(['weight'])
    expect(composed.supergraphSdl).toContain('unit: String @inaccessible')
    expect(composed.supergraphSdl).toContain('note: String @tag(name: "internal")')
    expect(composed.supergraphSdl).toContain(
      'key: "number maker { id }")\n  @audited(years: 5)\n{\n  id: ID!\n  number',
    )
  })

  it('gives the fields of an interface object to every implementation, in both directions', () => {
    expect(fieldsOf('Depot')).toEqual(['city', 'id', 'parts'])
    expect(fieldsOf('Van')).toEqual(['city', 'id', 'parts', 'plate'])
    expect(fieldsOf('Crate')).toEqual(['id', 'nailed', 'packedBy', 'parts'])
  })

  it('would not exist without the directives that make it possible', async () => {
    const written = await sdlOf('inventory')
    for (const [name, directive, code] of [
      ['Size', '@shareable', 'INVALID_FIELD_SHARING'],
      ['Keeper', '@override(from: "staff")', 'INVALID_FIELD_SHARING'],
      ['Keeper', '@key(fields: "email")', 'INVALID_FIELD_SHARING'],
    ] as const) {
      const start = written.indexOf(`type ${name}`)
      const { errors = [] } = await compose(written.slice(0, start) + written.slice(start).replace(directive, ''))
      expect([directive, errors.map(({ extensions }) => extensions['code'])]).toEqual([directive, [code]])
    }
  })
})

describe('an entity', () => {
  it('is found by each of its keys: single, composite and nested', async () => {
    const { data, errors } = await inventory.entities(
      [
        { __typename: 'Part', id: 'valve-1' },
        { __typename: 'Part', number: 'GASKET', revision: '2' },
        { __typename: 'Part', number: 'GASKET', maker: { __typename: 'Maker', id: 'acme' } },
        { __typename: 'Bin', aisle: { __typename: 'Aisle', number: 7 }, shelf: 3 },
      ],
      '__typename ... on Part { id maker { id } } ... on Bin { aisle { number } shelf parts { id } }',
    )
    expect(errors).toEqual([])
    expect(data?._entities).toEqual([
      { __typename: 'Part', id: 'valve-1', maker: { id: 'zenith' } },
      { __typename: 'Part', id: 'gasket-2', maker: { id: 'acme' } },
      { __typename: 'Part', id: 'gasket-2', maker: { id: 'acme' } },
      { __typename: 'Bin', aisle: { number: 7 }, shelf: 3, parts: [{ id: 'valve-1' }] },
    ])
  })

  it('that nobody has is null in its place', async () => {
    const { data, errors } = await inventory.entities(
      [
        { __typename: 'Part', number: 'GASKET', revision: '3' },
        { __typename: 'Part', id: 'valve-1' },
        { __typename: 'Part', number: 'GASKET', maker: { id: 'zenith' } },
      ],
      '... on Part { id }',
    )
    expect([errors, data?._entities]).toEqual([[], [null, { id: 'valve-1' }, null]])
  })

  it('brings the fields of other subgraphs that a field of ours requires', async () => {
    const { data, errors } = await inventory.entities(
      [
        { __typename: 'Keeper', email: 'kim@depot.example', partsCounted: 600, yearsEmployed: 4 },
        { __typename: 'Keeper', email: 'lee@depot.example', partsCounted: 10, yearsEmployed: 4 },
      ],
      '... on Keeper { partsCountedPerYear name }',
    )
    expect([errors, data?._entities]).toEqual([
      [],
      [
        { partsCountedPerYear: 150, name: 'kim' },
        { partsCountedPerYear: 2.5, name: 'lee' },
      ],
    ])
  })

  it('has an external field on the path that provides it', async () => {
    const query = '{ part(id: "gasket-2") { countedBy { email partsCounted } size { weight unit } } }'
    const { data, errors } = await inventory.post(query, await inventory.headers())
    expect([errors, data]).toEqual([
      [],
      {
        part: {
          countedBy: { email: 'kim@depot.example', partsCounted: 600 },
          size: { weight: 0.2, unit: 'kg' },
        },
      },
    ])
  })

  it('may be an object that stands for an interface of another subgraph', async () => {
    const { data, errors } = await inventory.entities(
      [
        { __typename: 'Place', id: 'depot-north' },
        { __typename: 'Place', id: 'van-1' },
      ],
      '__typename ... on Place { id parts { id } }',
    )
    expect([errors, data?._entities]).toEqual([
      [],
      [
        { __typename: 'Place', id: 'depot-north', parts: [{ id: 'gasket-2' }] },
        { __typename: 'Place', id: 'van-1', parts: [] },
      ],
    ])
  })

  it('may be an interface, which is resolved to what it is', async () => {
    const { data, errors } = await inventory.entities(
      [
        { __typename: 'Container', id: 'c-1' },
        { __typename: 'Container', id: 'b-1' },
        { __typename: 'Container', id: 'none' },
      ],
      '__typename ... on Container { id parts { id } } ... on Crate { nailed }',
    )
    expect([errors, data?._entities]).toEqual([
      [],
      [
        { __typename: 'Crate', id: 'c-1', nailed: true, parts: [{ id: 'gasket-2' }, { id: 'valve-1' }] },
        { __typename: 'Box', id: 'b-1', parts: [{ id: 'valve-1' }] },
        null,
      ],
    ])
  })

  it('of a type that there is not fails without saying how we are built', async () => {
    for (const __typename of ['Nothing', '__proto__', '_Any']) {
      const { data, errors } = await inventory.entities([{ __typename }], '__typename')
      expect(data).toBeNull()
      expect(errors).toMatchObject([
        { message: 'Internal server error.', extensions: { code: 'INTERNAL_SERVER_ERROR' } },
      ])
    }
  })
})

describe('federated tracing', () => {
  const QUERY = '{ part(id: "gasket-2") { id maker { id } cost } misplaced { id } }'

  async function answer(headers: Record<string, string>) {
    const response = await fetch(inventory.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(await inventory.headers()), ...headers },
      body: JSON.stringify({ query: QUERY }),
    })
    const body = (await response.json()) as { extensions?: { ftv1?: string } }
    return body
  }

  it('comes with an answer when the gateway asks for it, and only then', async () => {
    expect(await answer({})).not.toHaveProperty('extensions')
    const { extensions } = await answer({ 'apollo-federation-include-trace': 'ftv1' })
    const trace = Trace.decode(Buffer.from(extensions?.ftv1 ?? '', 'base64'))
    expect(trace.durationNs).toBeGreaterThan(0)
    expect(trace.root?.child?.map(({ responseName, type }) => ({ responseName, type }))).toEqual([
      { responseName: 'part', type: 'Part' },
      { responseName: 'misplaced', type: 'Part' },
    ])
    expect(trace.root?.child?.[0]?.child).toMatchObject([
      { responseName: 'id', parentType: 'Part', type: 'ID!' },
      { responseName: 'maker', child: [{ responseName: 'id', parentType: 'Maker' }] },
      { responseName: 'cost', error: [{ message: '<masked>' }] },
    ])
  })

  it('gives away no more of an error than the answer does', async () => {
    const { extensions } = await answer({ 'apollo-federation-include-trace': 'ftv1' })
    const bytes = Buffer.from(extensions?.ftv1 ?? '', 'base64')
    expect(Trace.decode(bytes).root?.child?.[1]).toMatchObject({
      responseName: 'misplaced',
      error: [{ message: '<masked>' }],
    })
    expect(bytes.toString()).not.toMatch(/shelf|shelves|inventory\.ts/)
  })
})

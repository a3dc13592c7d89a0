import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { startTinyGraph, type TinySubgraph } from './tiny-graph.ts'
import { startTokenIssuer, type TokenIssuer } from './token-issuer.ts'
import { askAs, tokenTrustOf } from './viewer-requests.ts'

let issuer: TokenIssuer
beforeAll(async () => {
  issuer = await startTokenIssuer()
})
afterAll(async () => {
  await issuer[Symbol.asyncDispose]()
})

const subgraphs: Record<string, TinySubgraph> = {
  shapes: {
    sdl: /* GraphQL */ `
      type Query {
        shapes: [Shape]
        square: Square
        any: Any
        mine(by: String): String @authenticated
        staff: String @requiresScopes(scopes: [["a", "b"], ["c"]])
      }
      union Any = Square | Circle
      interface Shape {
        area: Int
        name: String
      }
      type Square implements Shape {
        area: Int
        name: String
        side: Int
      }
      type Circle implements Shape {
        area: Int
        name: String
      }
    `,
    resolvers: {
      Query: {
        shapes: () => [
          { __typename: 'Square', area: 4, name: 'square', side: 2 },
          { __typename: 'Circle', name: 'circle' },
        ],
        mine: () => 'mine',
        square: () => ({ area: 4, name: 'square', side: 2 }),
      },
    },
  },
}

/** Starts the gateway on the supergraph after replacing texts of it. */
function startEdited(...edits: [from: RegExp, to: string][]) {
  const editSupergraph = (sdl: string) =>
    edits.reduce((edited, [from, to]) => {
      expect(edited).toMatch(from)
      return edited.replaceAll(new RegExp(from, 'g'), to)
    }, sdl)
  return startTinyGraph(subgraphs, tokenTrustOf(issuer), { editSupergraph })
}

describe('a supergraph that was written by hand', () => {
  it('may protect an interface, which closes all its objects', async () => {
    await using graph = await startEdited([/interface Shape/, 'interface Shape @authenticated'])
    const query = '{ shapes { name } square { side } }'
    const { data, asked } = await askAs(graph, issuer, { query })
    expect(data).toEqual({ shapes: null, square: null })
    expect(asked).toEqual([])
    const signedIn = await askAs(graph, issuer, { query, scope: '' })
    expect(signedIn.data).toEqual({ shapes: [{ name: 'square' }, { name: 'circle' }], square: { side: 2 } })
  })

  it('may demand more of an interface than of its objects, which all of them demand then', async () => {
    await using graph = await startEdited(
      [/interface Shape/, 'interface Shape @authenticated @requiresScopes(scopes: [["a"]])'],
      [/type Square implements Shape/, '$& @authenticated'],
    )
    const query = '{ shapes { name } square { side } }'
    expect((await askAs(graph, issuer, { query, scope: 'b' })).data).toEqual({ shapes: null, square: null })
    expect((await askAs(graph, issuer, { query, scope: 'a' })).errors).toEqual([])
  })

  it('may protect the field of an interface, which closes that of all its objects', async () => {
    await using graph = await startEdited([/interface Shape[^}]*area: Int/, '$& @authenticated'])
    const query = '{ shapes { name area } square { area side } }'
    const { data, queries } = await askAs(graph, issuer, { query })
    expect(data).toEqual({
      shapes: [
        { name: 'square', area: null },
        { name: 'circle', area: null },
      ],
      square: { area: null, side: 2 },
    })
    expect(queries).not.toContain('area')
  })

  it('may hide a protected type from clients, whose objects are not shown as those of its interface', async () => {
    await using graph = await startEdited(
      [
        /@link\(url: "[^"]*\/authenticated\/v0.1", for: SECURITY\)/,
        '$& @link(url: "https://specs.apollo.dev/inaccessible/v0.2", for: SECURITY)',
      ],
      [/directive @authenticated on /, 'directive @inaccessible on OBJECT | FIELD_DEFINITION $&'],
      [/type Square implements Shape/, '$& @inaccessible @authenticated'],
      [/square: Square/, '$& @inaccessible'],
      [/ = Square \| Circle/, ' = Circle'],
      [/@join__unionMember\([^)]*"Square"\)/, ''],
      [/interface Shape/, '$& @authenticated'],
    )
    expect((await askAs(graph, issuer, { query: '{ shapes { name } }' })).asked).toEqual([])
  })

  it('may call a directive by another name', async () => {
    await using graph = await startEdited(
      [/@authenticated/, '@signedIn'],
      [/authenticated\/v0.1", for: SECURITY/, '$&, import: [{ name: "@authenticated", as: "@signedIn" }]'],
    )
    const { data, asked } = await askAs(graph, issuer, { query: '{ mine square { side } }' })
    expect(data).toEqual({ mine: null, square: { side: 2 } })
    expect(asked).toHaveLength(1)
    expect(asked[0]?.query).not.toContain('mine')
  })

  it('may have a directive of such a name from elsewhere, which is not ours to enforce', async () => {
    await using graph = await startEdited([
      /@link\(url: "[^"]*\/authenticated\/v0.1", for: SECURITY\)/,
      '@link(url: "https://elsewhere.test/authenticated/v1.0")',
    ])
    expect((await askAs(graph, issuer, { query: '{ mine }' })).data).toEqual({ mine: 'mine' })
  })
})

describe('a supergraph is refused', () => {
  const definition = /directive @authenticated on /
  const link = /@link\(url: "[^"]*\/authenticated\/v0.1", for: SECURITY\)/

  it.each(['"a"', '[["a", 1]]', '[[""]]', '[["a"], null]', '{ a: "a" }', '[[["a"]]]'])(
    'when its scopes are %s',
    async (value) => {
      const start = startEdited([
        /staff: String @requiresScopes\(.*\)/,
        `staff: String @requiresScopes(scopes: ${value})`,
      ])
      await expect(start).rejects.toMatchObject({
        name: 'ConfigError',
        problems: [
          expect.stringMatching(/Query\.staff: @requiresScopes needs scopes|Invalid value .* of "@requiresScopes"/),
        ],
      })
    },
  )

  it.each<{ because: string; problem: string; edits: [RegExp, string][] }>([
    {
      because: 'a union is protected',
      edits: [
        [definition, '$&UNION | '],
        [/union Any/, '$& @authenticated'],
      ],
      problem: "Any: @authenticated can't be enforced here",
    },
    {
      because: 'an argument is protected',
      edits: [
        [definition, '$&ARGUMENT_DEFINITION | '],
        [/by: String/, '$& @authenticated'],
      ],
      problem: "Query.mine(by:): @authenticated can't be enforced here",
    },
    {
      because: 'a condition is not understood',
      edits: [
        [definition, 'directive @authenticated(if: Boolean) on '],
        [/: String @authenticated/, '$&(if: false)'],
      ],
      problem: 'Query.mine: @authenticated takes no arguments',
    },
    {
      because: 'nobody knows whose directive it is',
      edits: [[link, '']],
      problem: 'Query.mine: @authenticated means nothing without a @link to https://specs.apollo.dev/authenticated',
    },
    {
      because: 'a version is not known',
      edits: [[/authenticated\/v0.1", for: SECURITY/, 'authenticated/v0.9"']],
      problem: 'https://specs.apollo.dev/authenticated/v0.9 is a version that this gateway does not know',
    },
    {
      because: 'a policy is meant, by whatever name, and whether it is said to be for security or not',
      edits: [
        [
          link,
          '@link(url: "https://specs.apollo.dev/policy/v0.1", import: [{ name: "@policy", as: "@authenticated" }])',
        ],
        [definition, 'directive @authenticated(policies: [[String]]) on '],
        [/: String @authenticated/, '$&(policies: [["p"]])'],
      ],
      problem: 'Query.mine: @authenticated is not enforced by this gateway',
    },
  ])('when $because', async ({ edits, problem }) => {
    const problems = [expect.stringContaining(problem)]
    await expect(startEdited(...edits)).rejects.toMatchObject({ name: 'ConfigError', problems })
  })
})

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { createRepository, LIMITED, LINK, type Repository } from './repository.ts'

jest.setTimeout(60_000)

let repository: Repository
beforeEach(async () => {
  repository = await createRepository()
})
afterEach(() => repository[Symbol.asyncDispose]())

/** What is found in subgraphs whose supergraph, if they have one, is committed. */
async function check(sdl: Record<string, string>) {
  await repository.subgraphs(sdl)
  await repository.compose()
  return repository.check()
}

const withoutLink = LIMITED.replace(/ @link\(url: "https:\/\/portico[^)]*\)/, '').replace(/ {2}@compose.*\n/, '\n')
const withoutCompose = LIMITED.replace('@composeDirective(name: "@rateLimit")', '')

describe('the check of directives for the gateway', () => {
  it('finds nothing wrong with limits that are composed, under another name too', async () => {
    const renamed = LIMITED.replace('["@rateLimit"]', '[{ name: "@rateLimit", as: "@limit" }]')
    expect(
      await check({
        a: `${LIMITED}type Query { one: Int @rateLimit(limit: 5) two: Int @shareable @rateLimit }`,
        b: `${LIMITED}type Query { two: Int @shareable @rateLimit }`,
      }),
    ).toEqual([])
    const alone = await createRepository()
    await using _ = alone
    await alone.subgraphs({
      a:
        renamed.replaceAll('"@rateLimit")', '"@limit")').replace('directive @rateLimit', 'directive @limit') +
        'type Query { one: Int @limit }',
    })
    await alone.compose()
    expect(await alone.check()).toEqual([])
  })

  it.each([
    [
      'without its @link and @composeDirective',
      withoutLink,
      '@link(url: "https://portico.dev/rateLimit/v1.0", import: ["@rateLimit"]) and @composeDirective(name: "@rateLimit")',
    ],
    ['without its @composeDirective', withoutCompose, 'add @composeDirective(name: "@rateLimit") to its schema'],
  ])(
    'shows each use of a limit that is declared %s, though another subgraph composes its own',
    async (_, head, advice) => {
      const found = await check({
        a: `${LIMITED}type Query { one: Int @rateLimit }`,
        b: `${head}type Query {\n  two: Int @rateLimit(limit: 5)\n}\ntype T @rateLimit {\n  id: ID\n}`,
      })
      const first = head.split('\n').length + 1
      expect(found).toEqual([
        {
          severity: 'error',
          code: 'DIRECTIVE_NOT_COMPOSED',
          message: expect.stringMatching(/^@rateLimit on Query\.two, T in b does not reach the supergraph/),
          at: [`subgraphs/b.graphql:${first}:12`, `subgraphs/b.graphql:${first + 2}:8`],
        },
      ])
      expect(found[0]?.message).toContain(advice)
    },
  )

  it('shows a limit that has been imported but is used under its unimported name', async () => {
    const found = await check({
      a: `${LINK.trimEnd()} @link(url: "https://portico.dev/rateLimit/v1.0")
directive @rateLimit__other on FIELD_DEFINITION\ntype Query {\n  one: Int @rateLimit__other\n}`,
    })
    expect(found.map(({ code, at }) => [code, ...at])).toEqual([['DIRECTIVE_NOT_COMPOSED', 'subgraphs/a.graphql:5:12']])
  })

  it('shows the limits of a shared field that differ, with both places', async () => {
    const found = await check({
      a: `${LIMITED}type Query {\n  one: Int @shareable @rateLimit(limit: 1)\n}`,
      b: `${LIMITED}type Query {\n  one: Int @shareable @rateLimit(limit: 2)\n}`,
    })
    const line = LIMITED.split('\n').length + 1
    expect(found).toEqual([
      {
        severity: 'error',
        code: 'INCONSISTENT_NON_REPEATABLE_DIRECTIVE_ARGUMENTS',
        message: expect.stringContaining('@rateLimit is applied to "Query.one"'),
        at: [`subgraphs/a.graphql:${line}:3`, `subgraphs/b.graphql:${line}:3`],
      },
    ])
  })

  it('shows definitions that differ, of which the supergraph would silently take one', async () => {
    const found = await check({
      a: `${LIMITED}type Query { one: Int @rateLimit }`,
      b: `${LIMITED.replace('limit: Int! = 60', 'limit: Int! = 20')}type Query { two: Int @rateLimit }`,
    })
    expect(found.map(({ severity, code, at }) => [severity, code, ...at])).toEqual([
      ['error', 'DIRECTIVE_DEFINITIONS_DIFFER', 'subgraphs/a.graphql:4:12', 'subgraphs/b.graphql:4:12'],
    ])
  })

  it('shows everything that the gateway would refuse to start with', async () => {
    const found = await check({
      a: `${LIMITED}type Query {\n  one: Int @policy(policies: [["p"]])\n  two: Int @rateLimit(limit: 0)\n}`,
    })
    const line = LIMITED.split('\n').length + 1
    expect(found.map(({ severity, code, at }) => [severity, code, ...at])).toEqual([
      ['error', 'GATEWAY_REFUSES', `subgraphs/a.graphql:${line}:3`],
      ['error', 'GATEWAY_REFUSES', `subgraphs/a.graphql:${line + 1}:3`],
    ])
  })

  it('shows specifications for security and execution that the gateway would refuse, where they are linked', async () => {
    const link = LINK.trimEnd().replace('v2.9', 'v2.10')
    const connect = '@link(url: "https://specs.apollo.dev/connect/v0.1", import: ["@connect"])'
    const field = 'one: Int @connect(http: { GET: "http://127.0.0.1/" }, selection: "$")'
    const found = await check({ a: `${link}\n  ${connect}\ntype Query {\n  ${field}\n}` })
    expect(found).toMatchObject([
      {
        severity: 'error',
        code: 'GATEWAY_REFUSES',
        message: expect.stringContaining('would not start: feature https://specs.apollo.dev/connect/v0.'),
        at: ['subgraphs/a.graphql:3:3', 'subgraphs/a.graphql:5:12'],
      },
    ])
  })
})

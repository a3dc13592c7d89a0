import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { loadSupergraph } from '../src/supergraph/load.ts'

const LINK = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@policy", "@authenticated"])`

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portico-supergraph-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** Writes subgraphs and their list to a folder, and loads the supergraph from there. */
async function load(
  subgraphs: Record<string, string>,
  { overrides = {} }: { overrides?: Record<string, string> } = {},
) {
  const list = Object.keys(subgraphs).map((name) => ({
    name,
    url: `http://${name}:4000/graphql`,
    schema: `${name}.graphql`,
  }))
  for (const [name, sdl] of Object.entries(subgraphs)) await writeFile(join(folder, `${name}.graphql`), sdl)
  const file = join(folder, 'subgraphs.json')
  await writeFile(file, JSON.stringify(list))
  const subgraphUrls = new Map(Object.entries(overrides).map(([name, url]) => [name, new URL(url)]))
  return loadSupergraph({ source: { kind: 'subgraphs', file }, subgraphUrls })
}

describe('a supergraph', () => {
  it('is composed from a list of subgraphs, or read as composed, with the same result', async () => {
    const composed = await load({ a: `${LINK} type Query { hello: String @authenticated }` })
    expect(composed.subgraphs.get('a')?.href).toBe('http://a:4000/graphql')
    expect(Object.keys(composed.apiGraphqlSchema.getQueryType()?.getFields() ?? {})).toEqual(['hello'])

    const file = join(folder, 'supergraph.graphql')
    await writeFile(file, composed.sdl)
    const read = await loadSupergraph({
      source: { kind: 'supergraph', file },
      subgraphUrls: new Map(),
    })
    expect(read.subgraphs).toEqual(composed.subgraphs)
  })

  it('takes addresses from the configuration', async () => {
    const sdl = { a: `${LINK} type Query { hello: String }` }
    const { subgraphs } = await load(sdl, { overrides: { a: 'http://elsewhere/graphql' } })
    expect(subgraphs.get('a')?.href).toBe('http://elsewhere/graphql')
  })

  it('is refused with every error of its composition', async () => {
    const loading = load({
      a: `${LINK} type Query { hello: String } type T @key(fields: "id") { id: ID! name: String }`,
      b: `${LINK} type T @key(fields: "id") { id: ID! name: String }`,
    })
    await expect(loading).rejects.toMatchObject({
      problems: [expect.stringContaining('Non-shareable field "T.name" is resolved from multiple subgraphs')],
    })
  })

  it('is refused when it asks for a rule that nobody enforces', async () => {
    const loading = load({ a: `${LINK} type Query { hello: String @policy(policies: [["p"]]) }` })
    await expect(loading).rejects.toMatchObject({ problems: [expect.stringContaining('policy')] })
  })

  it.each([
    ['http://169.254.169.254/graphql', '169.254.169.254 is a link-local address'],
    ['http://[::ffff:169.254.169.254]/graphql', '::ffff:a9fe:a9fe is a link-local address'],
    ['http://[fe80::1]/graphql', 'fe80::1 is a link-local address'],
    ['ftp://a/graphql', 'ftp: is not http: or https:'],
  ])('is refused when it would send requests to %s', async (url, reason) => {
    const loading = load({ a: `${LINK} type Query { hello: String }` }, { overrides: { a: url } })
    await expect(loading).rejects.toMatchObject({ problems: [expect.stringContaining(`subgraph a: ${reason}`)] })
  })

  it('is refused when a file is missing or no SDL, with the variable, the file and the line', async () => {
    await expect(load({ a: 'type Query {' })).rejects.toMatchObject({
      problems: [expect.stringMatching(/^SUBGRAPHS_PATH: .*a\.graphql:1:13: Syntax Error/)],
    })
    const source = { kind: 'supergraph', file: join(folder, 'none.graphql') } as const
    await expect(loadSupergraph({ source, subgraphUrls: new Map() })).rejects.toMatchObject({
      problems: [`SUPERGRAPH_PATH: ${source.file} can't be read`],
    })
    await writeFile(source.file, 'type Query {\n  a: Int\n}\n# A text\nfor people\n')
    await expect(loadSupergraph({ source, subgraphUrls: new Map() })).rejects.toMatchObject({
      problems: [`SUPERGRAPH_PATH: ${source.file}:5:1: Syntax Error: Unexpected Name "for".`],
    })
  })
})

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { loadSupergraph } from '../src/supergraph/load.ts'

const SDL = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9") type Query { hello: String }'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portico-address-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** Loads a supergraph of one subgraph that is at `url`, or where SUBGRAPH_URLS has it. */
async function load(url: string, override?: string) {
  const file = join(folder, 'subgraphs.json')
  await writeFile(file, JSON.stringify([{ name: 'shop', url, sdl: SDL }]))
  const subgraphUrls = new Map(override === undefined ? [] : [['shop', new URL(override)]])
  return loadSupergraph({ source: { kind: 'subgraphs', file }, subgraphUrls })
}

describe('the address of a subgraph', () => {
  it.each<[string, string, string | undefined]>([
    ['the supergraph has a name and password', 'https://me:secret@host/graphql', undefined],
    ['the supergraph has a name alone', 'https://me@host/graphql', undefined],
    ['SUBGRAPH_URLS has a name and password', 'https://host/graphql', 'https://me:secret@host/graphql'],
    ['SUBGRAPH_URLS has a password alone', 'https://host/graphql', 'https://:secret@host/graphql'],
  ])('is refused when %s in it, without telling it', async (_, url, override) => {
    const problem =
      'subgraph shop: there is a user name or password in its address, which the gateway does not send: take it out; ' +
      'set another with SUBGRAPH_URLS=shop=http://…'
    await expect(load(url, override)).rejects.toMatchObject({ problems: [problem] })
  })

  it('is that of SUBGRAPH_URLS, whatever the one that it replaces has in it', async () => {
    const { subgraphs } = await load('https://me:secret@host/graphql', 'https://other/graphql')
    expect(subgraphs.get('shop')?.href).toBe('https://other/graphql')
  })
})

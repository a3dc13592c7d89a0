import { describe, expect, it } from '@jest/globals'
import { postGraphql } from '@portico/testkit/post-graphql'
import { buildClientSchema, getIntrospectionQuery, type IntrospectionQuery } from 'graphql'
import { startTinyGraph, type TinyGraph } from './tiny-graph.ts'

const SUBGRAPHS = { greeter: { sdl: 'type Query { hello: String }', resolvers: { Query: { hello: () => 'hi' } } } }

const start = (env: Record<string, string>) => startTinyGraph(SUBGRAPHS, { EXPLORER: 'false', ...env })

/** As a browser asks for a page. */
const visit = ({ url }: TinyGraph) =>
  fetch(url, { headers: { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' } })

/** A content security policy by its directives. */
const policyOf = ({ headers }: Response) =>
  new Map(
    (headers.get('content-security-policy') ?? '').split('; ').map((directive) => {
      const [name = '', ...sources] = directive.split(' ')
      return [name, sources] as const
    }),
  )

const INTROSPECTION = getIntrospectionQuery({ descriptions: true, inputValueDeprecation: true })

describe('Apollo Sandbox in development', () => {
  it('is the page that a browser gets at the path of GraphQL', async () => {
    await using graph = await start({ NODE_ENV: 'development' })
    const response = await visit(graph)
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html'])
    const html = await response.text()
    expect(html).toContain('new window.EmbeddedSandbox(')
    expect(html).toContain('var initialEndpoint = window.location.href;')
    expect(html).toContain('"runTelemetry":false')
  })

  it('may load what the page names, ask its own gateway, and nothing else', async () => {
    await using graph = await start({ NODE_ENV: 'development' })
    const response = await visit(graph)
    const policy = policyOf(response)
    const html = await response.text()

    const allows = (directive: string, address: string) =>
      policy.get(directive)?.some((source) => new URL(address).origin === source)
    const scripts = [...html.matchAll(/<script nonce="(\w+)"(?: src="([^"]+)")?/g)]
    for (const [, nonce] of scripts) expect(policy.get('script-src')).toContain(`'nonce-${nonce}'`)
    const loaded = scripts.flatMap(([, , address]) => address ?? [])
    expect(loaded.map((address) => allows('script-src', address))).toEqual([true])
    for (const [, nonce] of html.matchAll(/<style nonce=(\w+)/g)) {
      expect(policy.get('style-src')).toContain(`'nonce-${nonce}'`)
    }
    const links = [...html.matchAll(/<link\s+([^>]*)>/g)].map(([, attributes = '']) => ({
      rel: /rel="([^"]+)"/.exec(attributes)?.[1],
      href: /href="([^"]+)"/.exec(attributes)?.[1] ?? '',
    }))
    const directives = {
      stylesheet: 'style-src',
      icon: 'img-src',
      'apple-touch-icon': 'img-src',
      manifest: 'manifest-src',
    }
    for (const [rel, directive] of Object.entries(directives)) {
      const link = links.find((candidate) => candidate.rel === rel)
      expect([rel, allows(directive, link?.href ?? 'about:blank')]).toEqual([rel, true])
    }

    expect(policy.get('default-src')).toEqual(["'none'"])
    expect(policy.get('connect-src')).toEqual(["'self'"])
    expect(policy.get('frame-src')).toEqual(['https://sandbox.embed.apollographql.com'])
    expect(policy.get('frame-ancestors')).toEqual(["'none'"])
    expect([...policy.values()].flat().filter((source) => /unsafe|^\*|^https?:$|^data:/.test(source))).toEqual([])
  })

  it('gets a new nonce each time', async () => {
    await using graph = await start({ NODE_ENV: 'development' })
    const [one, other] = [await visit(graph), await visit(graph)].map((response) =>
      policyOf(response).get('script-src'),
    )
    expect(one?.[0]).toMatch(/^'nonce-\w{64}'$/)
    expect(one?.[0]).not.toBe(other?.[0])
  })

  it('can read the schema', async () => {
    await using graph = await start({ NODE_ENV: 'development' })
    const { data } = await postGraphql<IntrospectionQuery>(graph.url, { query: INTROSPECTION })
    expect(buildClientSchema(data).getQueryType()?.getFields()).toHaveProperty('hello')
  })
})

describe('Apollo Sandbox in production', () => {
  it('is not there, and neither is the schema', async () => {
    await using graph = await start({})
    const page = await visit(graph)
    expect([page.status, page.headers.get('content-type')]).toEqual([400, 'application/json; charset=utf-8'])
    expect(await page.text()).not.toMatch(/sandbox|apollographql|<html/i)
    for (const query of [INTROSPECTION, '{ __schema { queryType { name } } }', '{ __type(name: "Query") { name } }']) {
      const { data, errors } = await postGraphql(graph.url, { query })
      expect([data, errors[0]?.extensions['code']]).toEqual([undefined, 'GRAPHQL_VALIDATION_FAILED'])
    }
    expect(graph.logged.filter(({ msg }) => /=true/.test(String(msg)))).toEqual([])
  })

  it('is there when it is switched on, with a warning, and so is the schema by a switch of its own', async () => {
    await using graph = await start({ SANDBOX: 'true', INTROSPECTION: 'true' })
    expect(await (await visit(graph)).text()).toContain('EmbeddedSandbox')
    expect((await postGraphql(graph.url, { query: '{ __schema { queryType { name } } }' })).data).toBeDefined()
    const warnings = graph.logged.filter(({ level }) => level === 'warn').map(({ msg }) => String(msg).split(':')[0])
    expect(warnings).toEqual(expect.arrayContaining(['SANDBOX=true', 'INTROSPECTION=true']))
  })
})

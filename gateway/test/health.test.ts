import type { RequestListener } from 'node:http'
import { describe, expect, it } from '@jest/globals'
import { eventually } from '@portico/testkit/eventually'
import { startTinyGraph, type TinyGraph } from './tiny-graph.ts'

/** A subgraph whose probes are answered as the test says; `hangs` accepts them and never answers. */
function createPatient(field: string) {
  const patient = { condition: 'well' as 'well' | 'ill' | 'hangs', probed: [] as (string | undefined)[] }
  const onGet: RequestListener = (request, response) => {
    patient.probed.push(request.url)
    if (patient.condition !== 'hangs') response.writeHead(patient.condition === 'well' ? 200 : 503).end()
  }
  const resolvers = { Query: { [field]: () => 'here' } }
  return { patient, subgraph: { sdl: `type Query { ${field}: String }`, resolvers, onGet } }
}

const QUICK = { SUBGRAPH_HEALTH_INTERVAL_MS: '20', SUBGRAPH_HEALTH_TIMEOUT_MS: '100' }

const readiness = async ({ url }: TinyGraph) => (await fetch(new URL('/health/ready', url))).status
const stateOf = async ({ adminUrl }: TinyGraph, name: string) => {
  const report = (await (await fetch(new URL('/health/subgraphs', adminUrl))).json()) as {
    subgraphs: Record<string, { state: string; lastError: string | null }>
  }
  return report.subgraphs[name]
}

describe('the readiness of the gateway', () => {
  it('rests on critical subgraphs alone', async () => {
    const [shop, ratings] = [createPatient('name'), createPatient('best')]
    const subgraphs = { shop: shop.subgraph, ratings: ratings.subgraph }
    await using graph = await startTinyGraph(subgraphs, { ...QUICK, OPTIONAL_SUBGRAPHS: 'ratings' })
    expect(await readiness(graph)).toBe(200)

    ratings.patient.condition = 'ill'
    await eventually(async () => (await stateOf(graph, 'ratings'))?.state === 'down')
    expect(await stateOf(graph, 'ratings')).toMatchObject({ lastError: 'answered 503' })
    expect(await readiness(graph)).toBe(200)

    shop.patient.condition = 'ill'
    await eventually(async () => (await readiness(graph)) === 503)
    shop.patient.condition = 'well'
    await eventually(async () => (await readiness(graph)) === 200)
    expect(await stateOf(graph, 'ratings')).toMatchObject({ state: 'down' })
  })

  it('ends when a subgraph takes probes and never answers, and returns with its first answer', async () => {
    const { patient, subgraph } = createPatient('name')
    await using graph = await startTinyGraph({ shop: subgraph }, QUICK)
    patient.condition = 'hangs'
    await eventually(async () => (await readiness(graph)) === 503)
    expect(await stateOf(graph, 'shop')).toMatchObject({ state: 'down', lastError: 'no answer within 100 ms' })
    patient.condition = 'well'
    await eventually(async () => (await readiness(graph)) === 200)
    expect(await stateOf(graph, 'shop')).toMatchObject({ state: 'up', lastError: null })
  })

  it('costs a subgraph nothing, however often it is asked for', async () => {
    const { patient, subgraph } = createPatient('name')
    const env = { SUBGRAPH_HEALTH_INTERVAL_MS: '3600000', SUBGRAPH_HEALTH_PATH: '/healthz' }
    await using graph = await startTinyGraph({ shop: subgraph }, env)
    for (let time = 0; time < 10; time += 1) {
      await readiness(graph)
      await stateOf(graph, 'shop')
      await fetch(new URL('/status', graph.adminUrl))
      await fetch(new URL('/metrics', graph.adminUrl))
    }
    expect(patient.probed).toEqual(['/healthz'])
  })
})

describe('a configuration that speaks of what there is not', () => {
  it('is refused with all of it at once, before anybody is asked anything', async () => {
    const { patient, subgraph } = createPatient('name')
    const env = {
      OPTIONAL_SUBGRAPHS: 'stock,shop,orders',
      SUBGRAPH_URLS: 'shops=http://127.0.0.1:1/graphql',
      PROPAGATE_HEADERS: 'garage:x-tenant',
      SENSITIVE_FIELDS: 'Mutation.nope',
      IDENTITY_KEY_FILE: '/nowhere/key.json',
      EXPLORER: 'true',
      EXPLORER_DOCUMENTS_PATH: '/nowhere/documents',
    }
    await expect(startTinyGraph({ shop: subgraph }, env)).rejects.toMatchObject({
      name: 'ConfigError',
      problems: [
        'SUBGRAPH_URLS: the supergraph has no subgraph shops; it has shop',
        'OPTIONAL_SUBGRAPHS: the supergraph has no subgraph stock; it has shop',
        'OPTIONAL_SUBGRAPHS: the supergraph has no subgraph orders; it has shop',
        'PROPAGATE_HEADERS: the supergraph has no subgraph garage; it has shop',
        'SENSITIVE_FIELDS: Mutation.nope has no @rateLimit in the supergraph',
        "IDENTITY_KEY_FILE: /nowhere/key.json can't be read",
        "EXPLORER_DOCUMENTS_PATH: /nowhere/documents can't be read",
      ],
    })
    expect(patient.probed).toEqual([])
  })
})

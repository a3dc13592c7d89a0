import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { eventually } from '@portico/testkit/eventually'
import { postGraphql } from '@portico/testkit/post-graphql'
import { startTinyGraph, type TinyGraph } from './tiny-graph.ts'

const GRAPH = {
  shop: {
    sdl: `type Query { name: String broken: String things: [Thing] } type Thing { broken: String } type Mutation { rename: String }`,
    resolvers: {
      Query: {
        name: () => 'Portico',
        things: () => Array.from({ length: 50 }, () => ({})),
        broken: () => {
          throw new Error('no luck')
        },
      },
      Mutation: { rename: () => 'Loggia' },
      Thing: {
        broken: () => {
          throw new Error('no luck')
        },
      },
    },
  },
}

let graph: TinyGraph
beforeAll(async () => {
  graph = await startTinyGraph(GRAPH, { METRICS_OPERATION_NAMES: '2' })
})
afterAll(async () => graph[Symbol.asyncDispose]())

/** The samples whose name starts with `portico_gateway_` and this. */
async function samples(name: string, of = graph): Promise<string[]> {
  const metrics = await (await fetch(new URL('/metrics', of.adminUrl))).text()
  return metrics.split('\n').filter((line) => line.startsWith(`portico_gateway_${name}`))
}

/** Waits for a sample: a request is counted when its client has the answer already. */
const untilSample = (line: string) => eventually(async () => (await samples(line)).length > 0)

describe('the metrics of the gateway', () => {
  it('count requests by operation, type and outcome, errors by code, and fetches by subgraph', async () => {
    await postGraphql(graph.url, { query: 'query Name { name }' })
    await postGraphql(graph.url, { query: 'query Name { name }' })
    await postGraphql(graph.url, { query: 'query Broken { name broken }' })
    await postGraphql(graph.url, { query: '{ name }' })
    await postGraphql(graph.url, { query: 'mutation { rename }' })
    await postGraphql(
      graph.url,
      { query: 'query Mistaken { nothing }' },
      { accept: 'application/graphql-response+json' },
    )
    await untilSample('errors_total{code="GRAPHQL_VALIDATION_FAILED"} 1')
    expect((await samples('requests_total')).toSorted()).toEqual([
      'portico_gateway_requests_total{operation="Broken",type="query",outcome="partial",status="200"} 1',
      'portico_gateway_requests_total{operation="Name",type="query",outcome="ok",status="200"} 2',
      'portico_gateway_requests_total{operation="anonymous",type="mutation",outcome="ok",status="200"} 1',
      'portico_gateway_requests_total{operation="anonymous",type="query",outcome="ok",status="200"} 1',
      'portico_gateway_requests_total{operation="none",type="none",outcome="refused",status="400"} 1',
    ])
    expect(await samples('request_duration_seconds_count{operation="Name"')).toEqual([
      'portico_gateway_request_duration_seconds_count{operation="Name",type="query"} 2',
    ])
    expect((await samples('errors_total')).toSorted()).toEqual([
      'portico_gateway_errors_total{code="DOWNSTREAM_SERVICE_ERROR"} 1',
      'portico_gateway_errors_total{code="GRAPHQL_VALIDATION_FAILED"} 1',
    ])
    expect((await samples('fetches_total')).toSorted()).toEqual([
      'portico_gateway_fetches_total{subgraph="shop",outcome="errors"} 1',
      'portico_gateway_fetches_total{subgraph="shop",outcome="ok"} 4',
    ])
    expect(await samples('fetch_duration_seconds_count')).toEqual([
      'portico_gateway_fetch_duration_seconds_count{subgraph="shop"} 5',
    ])
    expect(await samples('requests_in_flight')).toEqual(['portico_gateway_requests_in_flight 0'])
    expect(await samples('plan_cache_entries')).toEqual(['portico_gateway_plan_cache_entries 4'])
  })

  it('counted an error for each field of an answer that had one reason', async () => {
    const { errors } = await postGraphql(graph.url, { query: '{ things { broken } }' })
    expect(errors).toHaveLength(50)
    await untilSample('errors_total{code="DOWNSTREAM_SERVICE_ERROR"} 2')
    expect(await samples('errors_total{code="DOWNSTREAM_SERVICE_ERROR"}')).toHaveLength(1)
  })

  it('tell apart only so many operation names, however many clients invent', async () => {
    for (let name = 0; name < 20; name += 1) await postGraphql(graph.url, { query: `query Invented${name} { name }` })
    await untilSample('requests_total{operation="other",type="query",outcome="ok",status="200"} 20')
    const names = (await samples('requests_total')).map((line) => /operation="(\w+)"/.exec(line)?.[1])
    expect(new Set(names)).toEqual(new Set(['Name', 'Broken', 'anonymous', 'none', 'other']))
  })

  it('tell which subgraphs are up, and whether the gateway is ready', async () => {
    expect(await samples('subgraph_up')).toEqual(['portico_gateway_subgraph_up{subgraph="shop",critical="true"} 1'])
    expect(await samples('ready')).toEqual(['portico_gateway_ready 1'])
    expect(await samples('rate_limit_store_up')).toEqual([])
  })

  it('are not counted for health routes, and for each gateway by itself', async () => {
    await using other = await startTinyGraph(GRAPH)
    await fetch(new URL('/health/ready', other.url))
    await fetch(new URL('/health/live', other.url))
    expect(await samples('requests_total', other)).toEqual([])
    expect(await samples('requests_in_flight', other)).toEqual(['portico_gateway_requests_in_flight 0'])
  })
})

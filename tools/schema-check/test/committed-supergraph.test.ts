import { join, resolve } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import type { SupergraphSource } from '@portico/gateway/config/supergraph'
import { loadSupergraph } from '@portico/gateway/supergraph/load'
import { printSchema } from 'graphql'
import { checkSchema } from '../src/check-schema.ts'

const ROOT = resolve(import.meta.dirname, '../../..')

describe('the supergraph of this repository', () => {
  it('is what its subgraphs compose to, and all of its schema checks hold', async () => {
    const { ok, findings, checked } = await checkSchema({ root: ROOT })
    expect({ ok, findings }).toEqual({ ok: true, findings: [] })
    expect(checked.operations).toBeGreaterThan(30)
  })

  it('makes the same gateway, loaded as it was committed, as the subgraphs that are composed at start', async () => {
    const load = (source: SupergraphSource) => loadSupergraph({ source, subgraphUrls: new Map() })
    const committed = await load({ kind: 'supergraph', file: join(ROOT, 'schema/supergraph.graphql') })
    const composed = await load({ kind: 'subgraphs', file: join(ROOT, 'schema/subgraphs.json') })
    expect(committed.subgraphs).toEqual(composed.subgraphs)
    expect(printSchema(committed.apiGraphqlSchema)).toBe(printSchema(composed.apiGraphqlSchema))
    expect(printSchema(committed.supergraphGraphqlSchema)).toBe(printSchema(composed.supergraphGraphqlSchema))
  })
})

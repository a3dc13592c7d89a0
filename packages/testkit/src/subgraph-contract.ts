import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { IDENTITY_HEADER } from '@portico/service-kit/identity-envelope'
import { eventually } from './eventually.ts'
import { createTestIdentity } from './identity.ts'
import { postGraphql } from './post-graphql.ts'
import type { TestSubgraph } from './test-subgraph.ts'

/** What a subgraph brings to the tests that all of them have in common. */
export interface SubgraphContract {
  /** Starts the subgraph with some data in it. */
  start: () => Promise<TestSubgraph>
  /** An entity: the representation of one that exists, and one that nobody has; and who may resolve it, if not anyone. */
  entity: (subgraph: TestSubgraph) => Promise<{
    existing: Record<string, unknown>
    missing: Record<string, unknown>
    selection: string
    viewer?: Parameters<TestSubgraph['request']>[2]
  }>
  /** A field of an owned entity that answers its owner and staff, and is null for anyone else. */
  owned?: (subgraph: TestSubgraph) => Promise<{
    representation: Record<string, unknown>
    selection: string
    owner: Parameters<TestSubgraph['request']>[2]
    stranger: Parameters<TestSubgraph['request']>[2]
    staff: Parameters<TestSubgraph['request']>[2]
  }>
  /** A connection at the root, with at least three items, and who may read it. */
  connection: { field: string; viewer: Parameters<TestSubgraph['request']>[2] }
}

/** What every subgraph owes the gateway, whatever its domain. */
export function describeSubgraphContract(name: string, contract: SubgraphContract): void {
  describe(`the ${name} subgraph, as any subgraph,`, () => {
    let subgraph: TestSubgraph
    beforeAll(async () => {
      subgraph = await contract.start()
    })
    afterAll(() => subgraph[Symbol.asyncDispose]())

    it('answers only its gateway', async () => {
      await using stranger = await createTestIdentity()
      const forged = await stranger.signer.sign({ kind: 'anonymous' }, name)
      for (const headers of [{}, { [IDENTITY_HEADER]: 'nonsense' }, { [IDENTITY_HEADER]: forged }]) {
        const reply = await postGraphql(subgraph.url, { query: '{ __typename }' }, headers)
        expect(reply.status).toBe(401)
        expect(reply.errors).toMatchObject([{ extensions: { code: 'UNTRUSTED_CALLER' } }])
      }
    })

    it('serves its SDL to composition', async () => {
      const { data } = await subgraph.request<{ _service: { sdl: string } }>('{ _service { sdl } }')
      expect(data._service.sdl).toContain('https://specs.apollo.dev/federation/v2')
    })

    it('resolves entities in their order, and to null those that nobody has', async () => {
      const { existing, missing, selection, viewer } = await contract.entity(subgraph)
      const { data, errors } = await subgraph.entities([missing, existing, missing, existing], selection, viewer)
      expect(errors).toEqual([])
      expect(data._entities[0]).toBeNull()
      expect(data._entities[1]).not.toBeNull()
      expect(data._entities[2]).toBeNull()
      expect(data._entities[3]).toEqual(data._entities[1])
    })

    const { owned } = contract
    if (owned) {
      it('checks ownership also when data is reached through entities', async () => {
        const { representation, selection, owner, stranger, staff } = await owned(subgraph)
        const answerTo = async (viewer: typeof owner) => {
          const { data } = await subgraph.entities<Record<string, unknown>>([representation], selection, viewer)
          return Object.values(data._entities[0] ?? {})[0] ?? null
        }
        expect(await answerTo(owner)).not.toBeNull()
        expect(await answerTo(staff)).not.toBeNull()
        expect(await answerTo(stranger)).toBeNull()
      })
    }

    it('pages its lists forward, and refuses what it can not do', async () => {
      const { field, viewer } = contract.connection
      const page = (args: string) =>
        subgraph.request<Record<string, { edges: { cursor: string }[]; pageInfo: { hasNextPage: boolean } }>>(
          `{ ${field}(${args}) { edges { cursor } pageInfo { hasNextPage } } }`,
          {},
          viewer,
        )
      const two = (await page('first: 2')).data[field]
      expect(two?.pageInfo.hasNextPage).toBe(true)
      const second = (await page(`first: 1, after: "${two?.edges[0]?.cursor}"`)).data[field]
      expect(second?.edges).toEqual([two?.edges[1]])
      for (const args of ['first: 101', 'first: -1', 'after: "?"']) {
        const refused = await page(args)
        expect(refused.errors).toMatchObject([{ path: [field], extensions: { code: 'BAD_USER_INPUT' } }])
      }
    })

    it('refuses a wrong operation without touching the database', async () => {
      const statements = await subgraph.statementsDuring(async () => {
        const reply = await subgraph.request('{ noSuchField }')
        expect(reply.status).toBe(400)
        expect(reply.errors).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }])
      })
      expect(statements).toEqual([])
    })

    it('reports its health without details, and echoes request ids', async () => {
      for (const [path, status] of [
        ['/health/live', 'live'],
        ['/health/ready', 'ready'],
      ] as const) {
        const response = await fetch(new URL(path, subgraph.url), { headers: { 'x-request-id': 'a-well-formed-id' } })
        expect(response.status).toBe(200)
        expect(await response.json()).toEqual({ status })
        expect(response.headers.get('x-request-id')).toBe('a-well-formed-id')
      }
    })

    it('survives a database that breaks its connections, and gives nothing away meanwhile', async () => {
      const { existing, selection, viewer } = await contract.entity(subgraph)
      await subgraph.database.breakConnections()
      const replies = await Promise.all(
        Array.from({ length: 5 }, () => subgraph.entities([existing], selection, viewer)),
      )
      for (const { errors } of replies) {
        for (const error of errors) {
          expect(error.message).toBe('The service is not available at the moment; try again.')
          expect(error.extensions).toEqual({ code: 'SERVICE_UNAVAILABLE' })
        }
      }
      const after = await subgraph.entities([existing], selection, viewer)
      expect(after.errors).toEqual([])
      expect(after.data._entities[0]).not.toBeNull()
    })

    it('stops without failing a request that runs, and takes no new one meanwhile', async () => {
      await using other = await contract.start()
      const { existing, selection, viewer } = await contract.entity(other)
      const { sql } = other.database
      await sql.query('BEGIN')
      const { rows } = await sql.query<{ tables: string }>(
        "SELECT string_agg(quote_ident(tablename), ', ') AS tables FROM pg_tables WHERE schemaname = current_schema()",
      )
      await sql.query(`LOCK TABLE ${rows[0]?.tables} IN ACCESS EXCLUSIVE MODE`)
      const running = other.entities([existing], selection, viewer)
      await other.database.untilSessionsWait(1)

      const stopping = other[Symbol.asyncDispose]()
      await eventually(() => refusesConnections(other.url))
      await sql.query('COMMIT')
      const { data, errors } = await running
      await stopping
      expect(errors).toEqual([])
      expect(data._entities).toEqual([expect.any(Object)])
    })
  })
}

async function refusesConnections({ hostname, port }: URL): Promise<boolean> {
  const socket = connect(Number(port), hostname)
  try {
    await once(socket, 'connect')
    return false
  } catch {
    return true
  } finally {
    socket.destroy()
  }
}

import { CombinedGraphQLErrors, gql } from '@apollo/client'
import { ClientError } from 'graphql-request'
import { getOperationAST, OperationTypeNode, parse, type OperationDefinitionNode } from 'graphql'
import type { GraphQLSingularResponse } from 'relay-runtime'
import { createApolloClient } from './setup/apollo-client.ts'
import { createGraphqlRequestClient } from './setup/graphql-request.ts'
import type { Portico } from './setup/portico.ts'
import { createRelayEnvironment } from './setup/relay.ts'
import { createUrqlClient } from './setup/urql.ts'

/** What a client told its application of an answer. */
export interface Outcome {
  data: unknown
  errors: OutcomeError[]
}

/** The parts of a GraphQL error that applications act on. */
export interface OutcomeError {
  message: string
  path?: readonly (string | number)[] | undefined
  extensions?: unknown
}

export interface RunOptions {
  variables?: Record<string, unknown>
  /** Aborting it is how an application says that it no longer waits, in the way of the client. */
  signal?: AbortSignal
}

/** A client as the suite of all clients uses it; every run asks the gateway, whatever the client remembers. */
export interface ClientUnderTest {
  name: string
  /** Rejects when no GraphQL answer came back. */
  connect: (portico: Portico) => (document: string, options?: RunOptions) => Promise<Outcome>
}

export const EVERY_CLIENT: readonly ClientUnderTest[] = [
  {
    name: 'Apollo Client',
    connect(portico) {
      const client = createApolloClient(portico)
      return async (document, { variables = {}, signal } = {}) => {
        // One subgraph that is down is no reason to hide what the others answered.
        const options = { variables, context: { fetchOptions: { signal } }, errorPolicy: 'all' } as const
        const { data, error } =
          operationOf(document).operation === OperationTypeNode.MUTATION
            ? await client.mutate({ ...options, mutation: gql(document) })
            : await client.query({ ...options, query: gql(document), fetchPolicy: 'network-only' })
        if (!error) return { data, errors: [] }
        if (CombinedGraphQLErrors.is(error)) return { data: data ?? null, errors: [...error.errors] }
        throw new Error('No answer.', { cause: error })
      }
    },
  },
  {
    name: 'urql',
    connect(portico) {
      const client = createUrqlClient(portico)
      return (document, { variables = {}, signal } = {}) => {
        const source =
          operationOf(document).operation === OperationTypeNode.MUTATION
            ? client.mutation(document, variables)
            : client.query(document, variables, { requestPolicy: 'network-only' })
        return new Promise((resolve, reject) => {
          const subscription = source.subscribe(({ data, error, stale }) => {
            // What it remembers comes first.
            if (stale) return
            if (error?.networkError) reject(error.networkError)
            else resolve({ data: data ?? null, errors: error?.graphQLErrors ?? [] })
            queueMicrotask(() => subscription.unsubscribe())
          })
          signal?.addEventListener('abort', () => {
            subscription.unsubscribe()
            reject(new Error('No longer wanted.'))
          })
        })
      }
    },
  },
  {
    name: 'graphql-request',
    connect(portico) {
      const client = createGraphqlRequestClient(portico)
      return async (query, { variables = {}, signal } = {}) => {
        try {
          const { data, errors } = await client.rawRequest({ query, variables, ...(signal ? { signal } : {}) })
          return { data, errors: errors ?? [] }
        } catch (error) {
          if (!(error instanceof ClientError)) throw error
          return { data: error.response.data ?? null, errors: error.response.errors ?? [] }
        }
      }
    },
  },
  {
    name: "Relay's network layer",
    connect(portico) {
      const network = createRelayEnvironment(portico).getNetwork()
      return (text, { variables = {}, signal } = {}) => {
        const { operation, name } = operationOf(text)
        const params = {
          id: null,
          cacheID: text,
          text,
          name: name?.value ?? '',
          operationKind: operation,
          metadata: {},
        }
        return new Promise((resolve, reject) => {
          const subscription = network.execute(params, variables, { force: true }).subscribe({
            next: (answer) => {
              const { data = null, errors = [] } = answer as Extract<GraphQLSingularResponse, { errors?: unknown }>
              resolve({ data, errors })
            },
            error: reject,
          })
          signal?.addEventListener('abort', () => {
            subscription.unsubscribe()
            reject(new Error('No longer wanted.'))
          })
        })
      }
    },
  },
]

function operationOf(document: string): OperationDefinitionNode {
  const operation = getOperationAST(parse(document))
  if (!operation) throw new Error(`There must be one operation in ${document}`)
  return operation
}

import { ApolloGateway, RemoteGraphQLDataSource } from '@apollo/gateway'
import { ApolloServer } from '@apollo/server'
import { parseAnswer, type ClientAnswer } from './answer.ts'
import type { Stage } from './arena.ts'
import type { Request } from './executable.ts'

/** `ApolloGateway` as it comes, in front of the same subgraphs. */
export interface Stock extends AsyncDisposable {
  ask(request: Request): Promise<ClientAnswer>
}

const SILENT = { debug() {}, info() {}, warn() {}, error() {} }

export async function createStock({ supergraphSdl }: Stage): Promise<Stock> {
  const gateway = new ApolloGateway({
    supergraphSdl,
    logger: SILENT,
    buildService: ({ url = '' }) => new RemoteGraphQLDataSource({ url }),
  })
  const server = new ApolloServer({ gateway, logger: SILENT, introspection: true, stopOnTerminationSignals: false })
  await server.start()
  return {
    async ask(request) {
      const { body } = await server.executeOperation(request)
      if (body.kind !== 'single') throw new Error('Not expected of stock.')
      return parseAnswer(200, JSON.stringify(body.singleResult))
    },
    [Symbol.asyncDispose]: () => server.stop(),
  }
}

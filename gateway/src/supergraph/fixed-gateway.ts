import type { GatewayInterface } from '@apollo/server-gateway-interface'
import type { LoadedSupergraph } from './load.ts'

/**
 * One supergraph for the life of the process, as Apollo Server wants it: for its schema alone. Operations are answered
 * before Apollo Server would execute them.
 */
export function fixedGateway({ apiSchema, sdl }: LoadedSupergraph): GatewayInterface {
  return {
    onSchemaLoadOrUpdate(callback) {
      // One of its own, since Apollo Server puts resolvers into it.
      callback({ apiSchema: apiSchema.toGraphQLJSSchema(), coreSupergraphSdl: sdl })
      return () => undefined
    },
    load: async () => ({ executor: null }),
    stop: async () => undefined,
  }
}

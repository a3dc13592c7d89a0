import type { IncomingHttpHeaders } from 'node:http'
import { GraphQLError } from 'graphql'
import type { HeaderPropagation } from '../config/propagated-headers.ts'

/** Headers that a client sent, by their name in lower case. */
export type ClientHeaders = Readonly<Record<string, string>>

export interface HeaderPropagator {
  /**
   * Those of a client's headers that some subgraph receives.
   *
   * @throws GraphQLError (431) when there is too much of them, since leaving one out could change what is answered.
   */
  read(headers: IncomingHttpHeaders): ClientHeaders
  /** The names of those that this subgraph receives. */
  namesFor(subgraph: string): readonly string[]
}

/** All together; beside them the identity envelope has to fit into the 16 KiB that servers commonly read. */
const LARGEST_HEADERS_BYTES = 8192

/** Passes configured headers of clients on to subgraphs. Nobody has verified them: they say what the client says. */
export function createHeaderPropagator({ toAll, bySubgraph }: HeaderPropagation): HeaderPropagator {
  const names = [...new Set([...toAll, ...[...bySubgraph.values()].flat()])]

  return {
    read(headers) {
      const found: Record<string, string> = {}
      let size = 0
      for (const name of names) {
        const value = headers[name]
        if (typeof value !== 'string') continue
        found[name] = value
        size += name.length + value.length
      }
      if (size > LARGEST_HEADERS_BYTES) throw tooLarge(Object.keys(found))
      return found
    },
    namesFor: (subgraph) => [...new Set([...toAll, ...(bySubgraph.get(subgraph) ?? [])])],
  }
}

function tooLarge(names: readonly string[]): GraphQLError {
  return new GraphQLError(`The headers ${names.join(', ')} have more than ${LARGEST_HEADERS_BYTES} bytes together.`, {
    extensions: { code: 'HEADERS_TOO_LARGE', http: { status: 431 } },
  })
}

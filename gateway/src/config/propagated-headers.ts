import { commaList } from '@portico/service-kit/config'
import { TRACE_HEADERS } from '@portico/service-kit/trace-context'
import { z } from 'zod'

/** Which headers of a client's request go on to subgraphs, in lower case. */
export interface HeaderPropagation {
  toAll: readonly string[]
  bySubgraph: ReadonlyMap<string, readonly string[]>
}

/** `name`, or `subgraph:name`. */
const ENTRY = /^(?:(?<subgraph>\w[\w-]*):)?(?<header>[\w!#$%&'*+.^`|~-]+)$/

/**
 * Headers that belong to one connection, describe one body or choose one answer (RFC 9110), and those in which the
 * gateway speaks for itself.
 */
const NEVER = new RegExp(
  `^(${[
    'connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|http2-settings|host|expect',
    'content-.*|accept|accept-encoding|accept-charset|range|if-.*|set-cookie',
    'x-portico-.*|x-request-id',
  ].join('|')})$`,
)

/** These go to every subgraph anyway, when they are well formed. */
const ALWAYS: readonly string[] = TRACE_HEADERS

const headerPropagation = () =>
  commaList()
    .transform((entries, context): HeaderPropagation => {
      const toAll: string[] = []
      const bySubgraph = new Map<string, string[]>()
      for (const entry of entries) {
        const { subgraph, header = '' } = ENTRY.exec(entry)?.groups ?? {}
        const name = header.toLowerCase()
        if (name === '') context.addIssue('must be a list of headers such as accept-language,orders:x-tenant')
        else if (NEVER.test(name))
          context.addIssue(`can not hold ${name}, which the gateway sets itself or must not pass on`)
        else if (ALWAYS.includes(name)) continue
        else if (subgraph === undefined) toAll.push(name)
        else bySubgraph.set(subgraph, [...(bySubgraph.get(subgraph) ?? []), name])
      }
      return { toAll, bySubgraph }
    })
    .meta({ mustBe: 'a list of headers, each `name` or `subgraph:name`' })

export const propagationVariables = z.object({
  PROPAGATE_HEADERS: headerPropagation()
    .optional()
    .describe('Headers of the client that subgraphs receive as they came, beside its trace context. Default: none.'),
})

export function toHeaderPropagation(env: z.infer<typeof propagationVariables>): HeaderPropagation {
  return env.PROPAGATE_HEADERS ?? { toAll: [], bySubgraph: new Map() }
}

import { ConfigError } from '@portico/service-kit/config'
import { z } from 'zod'

const subgraphList = z
  .array(
    z.strictObject({
      /** Its name in the supergraph. */
      name: z.string().regex(/^\w[\w-]*$/, 'must be a name of letters, digits, _ and -'),
      /** Where its GraphQL endpoint is. */
      url: z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' }),
      /** Its SDL file, relative to the list. */
      schema: z.string(),
    }),
  )
  .min(1, 'must name at least one subgraph')

/** The subgraphs that a supergraph is composed of, as `schema/subgraphs.json` lists them. */
export type SubgraphList = z.infer<typeof subgraphList>

/**
 * Parses the JSON text of a list of subgraphs.
 *
 * @throws ConfigError with everything that is wrong with it, each problem after `origin`, which says what text it is.
 */
export function parseSubgraphList(text: string, origin: string): SubgraphList {
  const list = subgraphList.safeParse(parseJson(text))
  if (list.success) return list.data
  throw new ConfigError(
    list.error.issues.map(({ path, message }) => `${origin}: ${path.join('.') || 'the list'} ${message}`),
  )
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

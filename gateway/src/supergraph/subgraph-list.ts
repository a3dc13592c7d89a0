import { ConfigError, evenWithMistakes } from '@portico/service-kit/config'
import { z } from 'zod'

/** SDL has braces, and names of files have none. */
const schemaText = z
  .string()
  .min(1)
  .transform((text): ListedSchema => (text.includes('{') ? { sdl: text } : { file: text }))

const subgraphList = z
  .array(
    z
      .strictObject({
        /** Its name in the supergraph. */
        name: z.string().regex(/^\w[\w-]*$/, 'must be a name of letters, digits, _ and -'),
        /** Where its GraphQL endpoint is. */
        url: z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' }),
        /** Its SDL, or the SDL file, relative to the list; under either name. */
        schema: schemaText.optional(),
        sdl: schemaText.optional(),
      })
      .superRefine(({ schema, sdl }: { schema?: unknown; sdl?: unknown }, context) => {
        if ((schema === undefined) !== (sdl === undefined)) return
        const message = 'must be SDL or the name of its file, as schema or as sdl and not as both'
        context.addIssue({ code: 'custom', path: ['schema'], message, input: schema })
      }, evenWithMistakes)
      .transform(({ name, url, schema, sdl }): ListedSubgraph[] => {
        const found = schema ?? sdl
        return found ? [{ name, url, schema: found }] : []
      }),
  )
  .min(1, 'must name at least one subgraph')
  .transform((entries) => entries.flat())

/** One of the subgraphs that a supergraph is composed of. */
export interface ListedSubgraph {
  name: string
  url: string
  schema: ListedSchema
}

/** SDL, or the name of its file, relative to the list. */
export type ListedSchema = { sdl: string } | { file: string }

/**
 * Parses the JSON text of a list of subgraphs, such as `schema/subgraphs.json`.
 *
 * @throws ConfigError with everything that is wrong with it, each problem after `origin`, which says what text it is.
 */
export function parseSubgraphList(text: string, origin: string): ListedSubgraph[] {
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

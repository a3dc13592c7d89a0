import { dirname, resolve } from 'node:path'
import { composeServices } from '@apollo/composition'
import { ConfigError, readConfiguredFile } from '@portico/service-kit/config'
import { parse } from 'graphql'
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

/**
 * Composes the supergraph of a JSON list of subgraphs.
 *
 * @throws ConfigError with everything that is wrong with the list, the SDL files, or their composition.
 */
export async function composeSupergraph(listFile: string): Promise<string> {
  const list = subgraphList.safeParse(parseJson(await readConfiguredFile(listFile, 'SUBGRAPHS_PATH')))
  if (!list.success) {
    throw new ConfigError(
      list.error.issues.map(
        ({ path, message }) => `SUBGRAPHS_PATH: ${listFile}: ${path.join('.') || 'the list'} ${message}`,
      ),
    )
  }
  const services = await Promise.all(
    list.data.map(async ({ name, url, schema }) => {
      const file = resolve(dirname(listFile), schema)
      const sdl = await readConfiguredFile(file, 'SUBGRAPHS_PATH')
      try {
        return { name, url, typeDefs: parse(sdl) }
      } catch (error) {
        throw new ConfigError([`${file}: ${error instanceof Error ? error.message : String(error)}`])
      }
    }),
  )
  return compose(services)
}

function compose(services: Parameters<typeof composeServices>[0]): string {
  let problems: readonly Error[]
  try {
    const result = composeServices(services)
    if (!result.errors) return result.supergraphSdl
    problems = result.errors
  } catch (error) {
    // Some mistakes it throws instead, such as an interface that only some subgraphs know as an object.
    problems = [error instanceof Error ? error : new Error(String(error))]
  }
  throw new ConfigError(problems.map(({ message }) => `composition: ${message}`))
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

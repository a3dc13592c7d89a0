import { dirname, resolve } from 'node:path'
import { composeServices } from '@apollo/composition'
import type { ServiceDefinition } from '@apollo/federation-internals'
import { ConfigError, readConfiguredFile, waitForAll } from '@portico/service-kit/config'
import { GraphQLError, parse } from 'graphql'
import { findLostRateLimits } from './rate-limit-composition.ts'
import { parseSubgraphList } from './subgraph-list.ts'

/**
 * Composes the supergraph of a JSON list of subgraphs.
 *
 * @throws ConfigError with everything that is wrong with the list, the SDL files, or their composition.
 */
export async function composeSupergraph(listFile: string): Promise<string> {
  const text = await readConfiguredFile(listFile, 'SUBGRAPHS_PATH')
  const list = parseSubgraphList(text, `SUBGRAPHS_PATH: ${listFile}`)
  const services = await waitForAll(
    list.map(async ({ name, url, schema }) => {
      const file = 'file' in schema ? resolve(dirname(listFile), schema.file) : undefined
      const sdl = 'sdl' in schema ? schema.sdl : await readConfiguredFile(file ?? '', 'SUBGRAPHS_PATH')
      try {
        return { name, url, typeDefs: parse(sdl) }
      } catch (error) {
        throw new ConfigError([syntaxProblem(file ?? `${listFile}, schema of ${name}`, error)])
      }
    }),
  )
  const { supergraphSdl, schema: supergraph, errors } = composeSubgraphs(services)
  if (errors) throw new ConfigError(errors.map(({ message }) => `composition: ${message}`))
  const lost = findLostRateLimits(services, supergraph)
  if (lost.length > 0) throw new ConfigError(lost.map((problem) => `composition: ${problem}`))
  return supergraphSdl
}

function syntaxProblem(file: string, error: unknown): string {
  const { line, column } = (error instanceof GraphQLError ? error.locations?.[0] : undefined) ?? {}
  const where = [file, line, column].filter(Boolean).join(':')
  return `SUBGRAPHS_PATH: ${where}: ${error instanceof Error ? error.message : String(error)}`
}

/** Composes subgraphs; `errors` also holds those mistakes that composition throws instead of returning them. */
export function composeSubgraphs(services: ServiceDefinition[]): ReturnType<typeof composeServices> {
  try {
    return composeServices(services)
  } catch (error) {
    // Such as an interface that only some subgraphs know as an object.
    if (error instanceof GraphQLError) return { errors: [error] }
    return { errors: [new GraphQLError(error instanceof Error ? error.message : String(error))] }
  }
}

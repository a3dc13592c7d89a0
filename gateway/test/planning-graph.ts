import { Kind, parse } from 'graphql'
import { toOperation } from '../src/admission/operations.ts'
import type { Operation } from '../src/operation.ts'
import { composeSubgraphs } from '../src/supergraph/compose.ts'
import { buildSupergraph, type LoadedSupergraph } from '../src/supergraph/load.ts'

const LINK = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [
  "@key", "@external", "@requires", "@provides", "@shareable", "@interfaceObject", "@override", "@context",
  "@fromContext", "@inaccessible"])\n`

/** A composed supergraph as it is loaded, whose subgraphs nobody ever asks anything. */
export function composed(subgraphs: Record<string, string>): LoadedSupergraph {
  const services = Object.entries(subgraphs).map(([name, sdl]) => ({
    name,
    url: `http://${name}.test`,
    typeDefs: parse(LINK + sdl),
  }))
  const { supergraphSdl: sdl, errors } = composeSubgraphs(services)
  if (sdl === undefined) throw new Error(errors?.map(({ message }) => message).join('\n'))
  return loaded(sdl)
}

/** A supergraph's SDL as it is loaded. */
export function loaded(sdl: string): LoadedSupergraph {
  return { ...buildSupergraph(sdl), subgraphs: new Map() }
}

/** The operation of a document that holds one. */
export function operationIn(text: string): Operation {
  const document = parse(text)
  const definition = document.definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION)
  if (!definition) throw new Error('There is no operation.')
  return toOperation(document, definition, text)
}

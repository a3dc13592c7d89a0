import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { commerceGraph, guardedCommerce } from './graph/commerce.ts'
import type { BenchGraph } from './graph/graph.ts'
import { guardedLibrary, libraryGraph } from './graph/library.ts'

export interface Supergraphs {
  graph: BenchGraph
  sdl: string
  file: string
  guardedFile: string
}

/** Composes both graphs for the given addresses, and writes them into a folder. */
export function writeSupergraphs(
  urls: Readonly<Record<BenchGraph['name'], Readonly<Record<string, string>>>>,
  folder: string,
): Record<BenchGraph['name'], Supergraphs> {
  const write = (graph: BenchGraph, guarded: BenchGraph): Supergraphs => {
    mkdirSync(folder, { recursive: true })
    const sdl = graph.supergraph(urls[graph.name])
    const file = join(folder, `${graph.name}.graphql`)
    const guardedFile = join(folder, `${graph.name}-guarded.graphql`)
    writeFileSync(file, sdl)
    writeFileSync(guardedFile, guarded.supergraph(urls[graph.name]))
    return { graph, sdl, file, guardedFile }
  }
  return { library: write(libraryGraph(), guardedLibrary()), commerce: write(commerceGraph(), guardedCommerce()) }
}

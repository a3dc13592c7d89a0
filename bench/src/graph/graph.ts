import type { MockRules } from './mock.ts'

/** A federated graph with made-up data. */
export interface BenchGraph {
  name: 'library' | 'commerce'
  subgraphs: readonly { name: string; sdl: string }[]
  rules: MockRules
  /** Which subgraph an entity belongs to, as far as that can be said; by type. */
  owners: Readonly<Record<string, string>>
  /** The composed schema, given where each subgraph answers. */
  supergraph(urls: Readonly<Record<string, string>>): string
}

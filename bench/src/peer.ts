import type { BenchGraph } from './graph/graph.ts'

/** What a gateway is started with. */
export interface PeerStart {
  port: number
  graph: BenchGraph
  /** The composed schema, in which the subgraphs' addresses are those that answer. */
  supergraphFile: string
  /** The same with rules for who may ask, and how often. */
  guardedSupergraphFile: string
  /** By name. */
  subgraphUrls: Readonly<Record<string, string>>
  /** A folder of its own for configuration files. */
  folder: string
}

/** How to run one gateway. */
export interface PeerCommand {
  command: readonly string[]
  env?: Readonly<Record<string, string>>
  cwd?: string
  path: string
  /** What every request to it carries. */
  headers?: Readonly<Record<string, string>>
}

/** A program that is measured. */
export interface Peer {
  name: string
  /** What it is, for a reader of the result. */
  title: string
  /** Operations that it was written for; undefined: it runs any. */
  only?: readonly string[]
  /** Why it can not run here at all; undefined: it can. */
  cannot?(): string | undefined
  start(start: PeerStart): PeerCommand | Promise<PeerCommand>
}

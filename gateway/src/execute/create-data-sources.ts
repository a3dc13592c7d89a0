import type { GraphQLDataSource } from '@apollo/gateway'
import type { EnvelopeSigner } from '@portico/service-kit/identity-envelope'
import type { SupergraphConfig } from '../config/supergraph.ts'
import { createSubgraphClient } from '../subgraph/client.ts'
import type { HeaderPropagator } from '../subgraph/client-headers.ts'
import { createDataSource } from './data-source.ts'

export interface DataSourcesOptions {
  subgraphs: ReadonlyMap<string, URL>
  /** Undefined: subgraphs are not told who the viewer is. */
  signer: EnvelopeSigner | undefined
  propagator: HeaderPropagator
}

/** Every subgraph as the executor asks it; disposing closes the connections to them. */
export interface DataSources extends AsyncDisposable {
  byName: Readonly<Record<string, GraphQLDataSource>>
}

/** Creates a client for each subgraph, and what asks through it. */
export function createDataSources(
  { connections }: Pick<SupergraphConfig, 'connections'>,
  { subgraphs, signer, propagator }: DataSourcesOptions,
): DataSources {
  const clients = new AsyncDisposableStack()
  const sources = [...subgraphs].map(([subgraph, url]) => {
    const client = clients.use(createSubgraphClient({ name: subgraph, url, ...connections }))
    const propagate = propagator.namesFor(subgraph)
    return [subgraph, createDataSource({ subgraph, client, signer, propagate })] as const
  })
  return { byName: Object.fromEntries(sources), [Symbol.asyncDispose]: () => clients.disposeAsync() }
}

import type { EnvelopeSigner } from '@portico/service-kit/identity-envelope'
import type { SupergraphConfig } from '../config/supergraph.ts'
import type { HeaderPropagator } from '../subgraph/client-headers.ts'
import { createSubgraphFetcher } from '../subgraph/fetcher.ts'
import { createAskSubgraph } from './ask-subgraph.ts'
import { createEntityCalls } from './fetch/entity-calls.ts'
import type { CreateReader, SubgraphCalls } from './fetch/scope.ts'
import { createBodyReader } from './reading/body-reader.ts'

export interface SubgraphCallsOptions {
  subgraphs: ReadonlyMap<string, URL>
  /** Undefined: subgraphs are not told who the viewer is. */
  signer: EnvelopeSigner | undefined
  propagator: HeaderPropagator
}

/** Every subgraph as the executor asks it; disposing closes the connections to them. */
export interface AllSubgraphCalls extends AsyncDisposable {
  byName: (name: string) => SubgraphCalls
}

/** Opens connections to each subgraph, and what asks through them. */
export function createSubgraphCalls(
  { connections, sharing }: Pick<SupergraphConfig, 'connections' | 'sharing'>,
  { subgraphs, signer, propagator }: SubgraphCallsOptions,
): AllSubgraphCalls {
  const fetchers = new AsyncDisposableStack()
  const shareAcrossRequests = sharing.fetches === 'all'
  const calls = new Map<string, SubgraphCalls>()
  const createReader: CreateReader = (make, parsed) => createBodyReader(make, connections, parsed)
  for (const [name, url] of subgraphs) {
    const fetcher = fetchers.use(createSubgraphFetcher({ name, url, shareAcrossRequests, ...connections }))
    const ask = createAskSubgraph({ subgraph: name, fetcher, signer, propagate: propagator.namesFor(name) })
    calls.set(name, { ask, askForEntities: createEntityCalls(ask, createReader), createReader })
  }
  return {
    byName(name) {
      const found = calls.get(name)
      if (!found) throw new Error(`The plan fetches from ${name}, which is no subgraph.`)
      return found
    },
    [Symbol.asyncDispose]: () => fetchers.disposeAsync(),
  }
}

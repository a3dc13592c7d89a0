import { waitForAll } from '@portico/service-kit/config'
import type { EnvelopeSigner } from '@portico/service-kit/identity-envelope'
import type { GatewayConfig } from './config.ts'
import { nameOrigins } from './config/origins.ts'
import { loadExplorerDocuments, type ExplorerDocument } from './http/explorer-documents.ts'
import { loadEnvelopeSigner } from './subgraph/identity-key.ts'
import { checkNames } from './supergraph/check-names.ts'
import { NOTHING_REQUIRED } from './supergraph/requirements.ts'
import { loadSupergraph, type LoadedSupergraph } from './supergraph/load.ts'

/** What the configuration names, and is found in files. */
export interface Loaded {
  supergraph: LoadedSupergraph
  /** Undefined: subgraphs are not told who the viewer is. */
  signer: EnvelopeSigner | undefined
  explorerDocuments: readonly ExplorerDocument[]
}

/**
 * Loads all files of the configuration, before anything is opened.
 *
 * @throws ConfigError with the mistakes of all of them at once, and with all names that the supergraph does not have.
 */
export async function loadFiles(config: GatewayConfig): Promise<Loaded> {
  try {
    return await loadEach(config)
  } catch (error) {
    throw nameOrigins(error, config.origins)
  }
}

async function loadEach(config: GatewayConfig): Promise<Loaded> {
  const { identityKeyFile } = config.trust
  const { documentsFolder } = config.explorer
  const [supergraph, signer, explorerDocuments] = await waitForAll([
    loadSupergraph(config.supergraph, (found) => checkNames(config, found)),
    identityKeyFile === undefined ? undefined : loadEnvelopeSigner(identityKeyFile),
    config.exposure.explorer && documentsFolder !== undefined ? loadExplorerDocuments(documentsFolder) : [],
  ])
  // They have been read all the same: what can't be understood of them is refused in every mode.
  const requirements = config.trust.enforced ? supergraph.requirements : NOTHING_REQUIRED
  return { supergraph: { ...supergraph, requirements }, signer, explorerDocuments }
}

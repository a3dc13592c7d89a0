import { runCommand } from '@portico/service-kit/command'
import { parseEnvironment, postgresUrl } from '@portico/service-kit/config'
import { z } from 'zod'
import { rebuildCatalogueOf } from './rebuild-catalogue.ts'

// For a deployed subgraph: `node dist/rebuild.js`, with the subgraph's own DATABASE_URL.
await runCommand(async (_, env) => {
  const { DATABASE_URL } = parseEnvironment(z.object({ DATABASE_URL: postgresUrl() }), env)
  return rebuildCatalogueOf(DATABASE_URL)
})

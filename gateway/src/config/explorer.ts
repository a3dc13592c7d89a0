import { filePath, urlPath } from '@portico/service-kit/config'
import { z } from 'zod'

/** The offline explorer; whether there is one, EXPLORER says. */
export interface ExplorerConfig {
  path: string
  /** Folder of the documents that it offers; undefined: none. */
  documentsFolder: string | undefined
}

export const explorerVariables = z.object({
  EXPLORER_PATH: urlPath().default('/graphiql').describe('Path of the explorer.'),
  EXPLORER_DOCUMENTS_PATH: filePath()
    .optional()
    .describe('A folder with the GraphQL documents that the explorer offers, such as schema/operations.'),
})

export function toExplorerConfig(env: z.infer<typeof explorerVariables>): ExplorerConfig {
  return { path: env.EXPLORER_PATH, documentsFolder: env.EXPLORER_DOCUMENTS_PATH }
}

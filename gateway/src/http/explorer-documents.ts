import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { ConfigError, readConfiguredFile } from '@portico/service-kit/config'
import { GraphQLError, Kind, parse } from 'graphql'
import { z } from 'zod'

/** An operation that the explorer offers. */
export interface ExplorerDocument {
  /** Where it lies below the folder of all, such as `storefront`; empty: right in it. */
  folder: string
  name: string
  operation: 'query' | 'mutation' | 'subscription'
  query: string
  /** What `<name>.variables.json` beside the document holds, if there is one. */
  variables?: Record<string, unknown>
}

const VARIABLE = 'EXPLORER_DOCUMENTS_PATH'

/**
 * The documents below a folder, by path. Files that hold fragments only are left out.
 *
 * @throws ConfigError with every file that can't be used.
 */
export async function loadExplorerDocuments(root: string): Promise<ExplorerDocument[]> {
  const paths = await readdir(root, { recursive: true }).catch(() => {
    throw new ConfigError([`${VARIABLE}: ${root} can't be read`])
  })
  const problems: string[] = []
  const documents: ExplorerDocument[] = []
  for (const path of paths.filter((name) => name.endsWith('.graphql')).toSorted()) {
    try {
      const document = await loadDocument(root, path)
      if (document) documents.push(document)
    } catch (error) {
      if (error instanceof ConfigError) problems.push(...error.problems)
      else throw error
    }
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return documents
}

async function loadDocument(root: string, path: string): Promise<ExplorerDocument | undefined> {
  const file = join(root, path)
  const query = await readConfiguredFile(file, VARIABLE)
  const operation = operationOf(file, query)
  if (operation === undefined) return undefined
  const variables = await loadVariables(file.replace(/\.graphql$/, '.variables.json'))
  const folder = dirname(path)
  return {
    folder: folder === '.' ? '' : folder.replaceAll('\\', '/'),
    name: basename(path, '.graphql'),
    operation,
    query,
    ...(variables && { variables }),
  }
}

function operationOf(file: string, query: string): ExplorerDocument['operation'] | undefined {
  try {
    return parse(query).definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION)?.operation
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error
    const { line, column } = error.locations?.[0] ?? {}
    throw new ConfigError([`${VARIABLE}: ${file}:${line}:${column} is no GraphQL: ${error.message}`])
  }
}

async function loadVariables(file: string): Promise<Record<string, unknown> | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(text))
  } catch {
    throw new ConfigError([`${VARIABLE}: ${file} must hold a JSON object`])
  }
}

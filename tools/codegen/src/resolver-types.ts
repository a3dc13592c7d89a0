import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { codegen } from '@graphql-codegen/core'
import * as typescript from '@graphql-codegen/typescript'
import type { TypeScriptPluginConfig } from '@graphql-codegen/typescript'
import * as resolvers from '@graphql-codegen/typescript-resolvers'
import type { TypeScriptResolversPluginConfig } from '@graphql-codegen/typescript-resolvers'
import { Kind, parse } from 'graphql'
import { resolversType } from './complete-resolvers.ts'
import { corrected } from './corrections.ts'

/** GraphQL type name → the type that stands for it in resolvers, as `<path from src/generated>#<exported name>`. */
export type Mappers = Readonly<Record<string, string>>

export interface ResolverTypes {
  readonly sdl: string
  readonly mappers: Mappers
  /** The file to write; left untouched when it already holds the same text. */
  readonly output: string
}

// A scalar that is not listed fails the generation: `unknown` or `any` in a resolver would hide it.
const scalars = { ID: 'string', DateTime: 'Date', Decimal: 'string', CurrencyCode: 'string' }

const config: TypeScriptPluginConfig & TypeScriptResolversPluginConfig = {
  federation: true,
  contextType: '../context.ts#Context',
  scalars,
  strictScalars: true,
  useTypeImports: true,
  enumsAsTypes: true,
  makeResolverTypeCallable: true,
  allResolversTypeName: 'PartialResolvers',
  // What a resolver returns carries every field, with null where there is nothing; root fields cannot be forgotten.
  avoidOptionals: { field: true, query: true, mutation: true, subscription: true },
  // What a client sends may leave a nullable field out or set it to null.
  inputMaybeValue: 'T | null | undefined',
  // Members of unions and interfaces say what they are, so that no __resolveType is needed.
  resolversNonOptionalTypename: true,
  optionalResolveType: true,
}

/**
 * Writes the types of a subgraph's resolvers.
 * @throws GraphQLError when the SDL is not a valid federation subgraph
 * @throws Error when the SDL uses an unknown scalar or a mapper names no type of it
 */
export async function writeResolverTypes({ sdl, mappers, output }: ResolverTypes): Promise<void> {
  const document = parse(sdl)
  const types = buildSubgraphSchema(document).getTypeMap()
  for (const name of Object.keys(mappers)) {
    if (!(name in types)) throw new Error(`codegen.json maps ${name}, which is no type of schema.graphql`)
  }

  const generated = await codegen({
    // Resolvers never see a directive, and each definition would add unused types.
    schema: { ...document, definitions: document.definitions.filter(({ kind }) => kind !== Kind.DIRECTIVE_DEFINITION) },
    documents: [],
    filename: output,
    // No federation 1 definitions either: the schema is valid with those of federation 2.
    config: { ...config, mappers, disableFederationDirectiveAndScalarInjection: true },
    pluginMap: { typescript, resolvers, resolversType },
    plugins: [{ typescript: {} }, { resolvers: {} }, { resolversType: {} }],
  })
  await writeChanged(output, `// Generated from schema.graphql by tools/codegen.\n${corrected(generated)}\n`)
}

/** Reads `codegen.json`: `{ "mappers": { "User": "../users.ts#UserRecord" } }`. */
export function parseMappers(json: string): Mappers {
  const content: unknown = JSON.parse(json)
  const mappers = typeof content === 'object' && content !== null && 'mappers' in content ? content.mappers : undefined
  if (typeof mappers !== 'object' || mappers === null) throw new Error('codegen.json must hold an object "mappers"')
  return Object.fromEntries(
    Object.entries(mappers).map(([name, mapper]: [string, unknown]) => {
      if (typeof mapper !== 'string' || !mapper.includes('.ts#')) {
        throw new Error(`codegen.json must map ${name} to "<path from src/generated>.ts#<exported type>"`)
      }
      return [name, mapper]
    }),
  )
}

async function writeChanged(path: string, text: string): Promise<void> {
  if ((await readFile(path, 'utf8').catch(() => undefined)) === text) return
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text)
}

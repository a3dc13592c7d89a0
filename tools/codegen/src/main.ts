import { access, glob, readFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { generatePrismaClient } from './prisma-client.ts'
import { parseMappers, writeResolverTypes } from './resolver-types.ts'

// Generates the code of the subgraph in whose folder it is run, or of all that are below. What it reads is listed in
// turbo.json as the inputs of the task `codegen`.
for await (const schema of glob(['schema.graphql', 'subgraphs/*/schema.graphql']))
  await generate(dirname(resolve(schema)))

async function generate(subgraph: string): Promise<void> {
  const mapping = join(subgraph, 'codegen.json')
  await writeResolverTypes({
    sdl: await readFile(join(subgraph, 'schema.graphql'), 'utf8'),
    mappers: (await exists(mapping)) ? parseMappers(await readFile(mapping, 'utf8')) : {},
    output: join(subgraph, 'src/generated/graphql.ts'),
  })

  const database = resolve(import.meta.dirname, '../../../prisma', basename(subgraph), 'prisma.config.ts')
  if (await exists(database)) await generatePrismaClient(database)
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

import { access, readFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { generatePrismaClient } from './prisma-client.ts'
import { parseMappers, writeResolverTypes } from './resolver-types.ts'

// Run in a subgraph's folder. What it reads is listed three times, to be kept alike: here, in turbo.json as the inputs
// of the codegen task, and in tools/bootstrap/codegen.mjs, which decides without turbo whether anything changed.
const subgraph = process.cwd()
const exists = async (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )

const mapping = join(subgraph, 'codegen.json')
await writeResolverTypes({
  sdl: await readFile(join(subgraph, 'schema.graphql'), 'utf8'),
  mappers: (await exists(mapping)) ? parseMappers(await readFile(mapping, 'utf8')) : {},
  output: join(subgraph, 'src/generated/graphql.ts'),
})

const database = resolve(import.meta.dirname, '../../../prisma', basename(subgraph), 'prisma.config.ts')
if (await exists(database)) await generatePrismaClient(database)

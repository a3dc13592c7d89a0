import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from '@jest/globals'
import { type Mappers, parseMappers, writeResolverTypes } from '../src/resolver-types.ts'

const repository = resolve(import.meta.dirname, '../../..')
const tsc = join(repository, 'node_modules/typescript/bin/tsc')

const sdl = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@external", "@requires"])
  scalar DateTime
  type Query { star(first: Int = 20, after: String): Star }
  type Star @key(fields: "id") {
    id: ID!
    name: String!
    nickname: String
    light: Float
    bornAt: DateTime!
    distance(unit: String!): Float
    mass: Int! @external
    density: Float @requires(fields: "mass")
  }
`

const sources = {
  'context.ts': 'export interface Context { readonly now: Date }',
  // Has no density, a light that is no number, and a nickname only sometimes.
  'star.ts': `export interface StarRecord { id: string; name: string; nickname?: string; light: string; bornAt: Date }`,
}

const needed = {
  DateTime: `DateTime: new GraphQLScalarType({ name: 'DateTime' })`,
  star: `star: (_, { first, after }, { now }) => ({ ...star, name: [first, after, now.getTime()].join() })`,
  __resolveReference: `__resolveReference: ({ id }) => ({ ...star, id })`,
  light: `light: (star) => Number(star.light)`,
  distance: `distance: (_, { unit }) => unit.length`,
  density: `density: () => null`,
}

/** A module with all needed resolvers, but for one. */
function resolversWithout(omitted?: string): string {
  const field = (name: keyof typeof needed) => (name === omitted ? '' : `${needed[name]},`)
  return `
    import { GraphQLScalarType } from 'graphql'
    import type { Resolvers } from './generated/graphql.ts'
    const star = { id: '1', name: 'Sol', light: '1', bornAt: new Date(0) }
    export const resolvers: Resolvers = {
      ${field('DateTime')}
      Query: { ${field('star')} },
      Star: { ${field('__resolveReference')} ${field('light')} ${field('distance')} ${field('density')} },
    }
    export const unused = GraphQLScalarType
  `
}

const fields = `
  import type { Resolvers } from './generated/graphql.ts'
  type Fields<T extends keyof Resolvers, F extends keyof NonNullable<Resolvers[T]>> = NonNullable<NonNullable<Resolvers[T]>[F]>
`

async function createSubgraph(files: Readonly<Record<string, string>>) {
  const root = await mkdtemp(join(tmpdir(), 'portico-codegen-'))
  await mkdir(join(root, 'src'))
  await symlink(join(repository, 'node_modules'), join(root, 'node_modules'))
  const config = {
    extends: join(repository, 'tsconfig.base.json'),
    compilerOptions: { noEmit: true },
    include: ['src'],
  }
  await writeFile(join(root, 'tsconfig.json'), JSON.stringify(config))
  await writeFile(join(root, 'package.json'), '{ "type": "module" }')
  for (const [name, source] of Object.entries(files)) await writeFile(join(root, 'src', name), source)
  const output = join(root, 'src/generated/graphql.ts')
  return {
    output,
    generate: (schema: string, mappers: Mappers = {}) => writeResolverTypes({ sdl: schema, mappers, output }),
    /** What the type checker says, by file. */
    async check(): Promise<ReadonlyMap<string, string>> {
      const { stdout } = spawn(process.execPath, [tsc], { cwd: root })
      const errors = (await text(stdout)).matchAll(/^src\/([\w/-]+\.ts)\(.*?\): (.*(?:\n .*)*)/gm)
      return new Map(Array.from(errors, ([, file = '', message = '']) => [file, message]))
    },
    [Symbol.asyncDispose]: () => rm(root, { recursive: true }),
  }
}

describe('the types of resolvers', () => {
  it('accept what the schema needs beyond its records, and refuse a map that lacks any of it', async () => {
    const incomplete = Object.fromEntries(
      Object.keys(needed).map((name) => [`without-${name}.ts`, resolversWithout(name)]),
    )
    await using subgraph = await createSubgraph({ ...sources, 'complete.ts': resolversWithout(), ...incomplete })
    await subgraph.generate(sdl, { Star: '../star.ts#StarRecord' })

    const errors = await subgraph.check()

    expect(new Set(errors.keys())).toEqual(new Set(Object.keys(incomplete)))
    for (const [file, message] of errors) {
      expect(message).toContain(`'${file.replace('without-', '').replace('.ts', '')}'`)
    }
  })

  it('say that a default may be overridden by null and that required fields may be missing from a reference', async () => {
    await using subgraph = await createSubgraph({
      ...sources,
      'default.ts': `${fields}
        export const star: Fields<'Query', 'star'> = (_, { first }) => { const size: number = first; throw size }`,
      'reference.ts': `${fields}
        export const star: Fields<'Star', '__resolveReference'> = ({ mass }) => { const kg: number = mass; throw kg }`,
    })
    await subgraph.generate(sdl, { Star: '../star.ts#StarRecord' })

    const errors = await subgraph.check()

    expect(errors.get('default.ts')).toContain("'number | null' is not assignable")
    expect(errors.get('reference.ts')).toContain("'number | undefined' is not assignable")
  })
})

describe('generating', () => {
  it('leaves the file alone when nothing changes', async () => {
    await using subgraph = await createSubgraph({})
    await subgraph.generate(sdl)
    const before = await stat(subgraph.output, { bigint: true })

    await subgraph.generate(sdl)

    expect((await stat(subgraph.output, { bigint: true })).mtimeNs).toBe(before.mtimeNs)
    expect(await readFile(subgraph.output, 'utf8')).toContain('export type Resolvers =')
  })

  it('refuses a scalar that it does not know, a mapper without a type and an invalid subgraph', async () => {
    await using subgraph = await createSubgraph({})

    await expect(subgraph.generate('scalar Colour type Query { sky: Colour }')).rejects.toThrow('Colour')
    await expect(subgraph.generate(sdl, { Planet: '../planet.ts#Planet' })).rejects.toThrow(
      'codegen.json maps Planet, which is no type of schema.graphql',
    )
    await expect(subgraph.generate(sdl.replace('fields: "id"', 'fields: "identity"'))).rejects.toThrow('identity')
  })
})

describe('codegen.json', () => {
  it('maps types to exported types of modules', () => {
    expect(parseMappers('{ "mappers": { "Star": "../star.ts#StarRecord" } }')).toEqual({
      Star: '../star.ts#StarRecord',
    })
  })

  it.each(['{}', '[]', 'null', '{ "mappers": "Star" }'])('that is %s is refused', (json) => {
    expect(() => parseMappers(json)).toThrow('codegen.json must hold an object "mappers"')
  })

  it('must name the module with its extension', () => {
    expect(() => parseMappers('{ "mappers": { "Star": "../star#StarRecord" } }')).toThrow('must map Star to')
  })
})

import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { PGlite } from '@electric-sql/pglite'
import {
  bindMigrationAwareSqlAdapterFactory,
  type SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils'
import * as prismaEngine from '@prisma/schema-engine-wasm/schema_engine_bg'
import { PrismaPGlite } from 'pglite-prisma-adapter'
import { type Migration, MIGRATION_LOCK } from './migration-folder.ts'

/** A Prisma schema and the migrations that should make it. */
export interface SchemaSource {
  /** Path of `schema.prisma`, for messages. */
  file: string
  schema: string
  migrations: Migration[]
}

/** Says that the engine shall look at every table and enum. */
export const NO_FILTERS: prismaEngine.SchemaFilter = { externalTables: [], externalEnums: [] }

/** The migrations as the engine takes them. */
export function migrationListOf(migrations: Migration[]): prismaEngine.MigrationList {
  return {
    baseDir: '/',
    shadowDbInitScript: '',
    lockfile: { path: 'migration_lock.toml', content: MIGRATION_LOCK },
    migrationDirectories: migrations.map(({ name, sql }) => ({
      path: name,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: sql } },
    })),
  }
}

/**
 * Connects Prisma's schema engine, in its WebAssembly build, which unlike the native one is part of an npm package. It
 * takes the database for the real one and for the one to try migrations on.
 */
export async function connectPrismaEngine(database: PGlite, source: SchemaSource): Promise<prismaEngine.SchemaEngine> {
  await loadEngine()
  return prismaEngine.SchemaEngine.new(
    { datamodels: [[source.file, source.schema]] },
    () => undefined, // its log
    bindMigrationAwareSqlAdapterFactory(createAdapters(database)),
  )
}

/**
 * The adapter of the package does not wait for scripts and loses their errors, so here scripts go to the database
 * directly; and it would try migrations on a database without extensions.
 */
function createAdapters(database: PGlite): SqlMigrationAwareDriverAdapterFactory {
  const adapters = new PrismaPGlite(database)
  const connect = async (): ReturnType<SqlMigrationAwareDriverAdapterFactory['connect']> =>
    Object.assign(await adapters.connect(), {
      executeScript: async (script: string) => {
        await database.exec(script)
      },
    })
  return { provider: 'postgres', adapterName: adapters.adapterName, connect, connectToShadowDb: connect }
}

/** Part of Node, but among TypeScript's libraries only of those for browsers. */
declare const WebAssembly: {
  instantiate(code: Uint8Array, imports: Record<string, object>): Promise<{ instance: { exports: object } }>
}

let loading: Promise<void> | undefined

/** The package's main module imports its .wasm file as a module, which Node does not do without a flag. */
function loadEngine(): Promise<void> {
  loading ??= (async () => {
    const folder = dirname(createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm'))
    const code = await readFile(join(folder, 'schema_engine_bg.wasm'))
    const { instance } = await WebAssembly.instantiate(code, { './schema_engine_bg.js': { ...prismaEngine } })
    call(prismaEngine, '__wbg_set_wasm', instance.exports)
    call(instance.exports, '__wbindgen_start')
    Reflect.set(globalThis, 'PRISMA_WASM_PANIC_REGISTRY', { set_message: (message: string) => console.error(message) })
  })()
  return loading
}

/** Calls an entry that the package's types leave out. */
function call(holder: object, name: string, ...args: unknown[]): void {
  const entry: unknown = Reflect.get(holder, name)
  if (typeof entry !== 'function') throw new Error(`@prisma/schema-engine-wasm has no ${name}: another version?`)
  Reflect.apply(entry, undefined, args)
}

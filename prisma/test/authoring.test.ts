import { appendFile, cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { findDrift, writeNewMigration } from '../src/authoring.ts'
import { databaseNames, folderOf } from '../src/databases.ts'
import { loadMigrations } from '../src/migration-folder.ts'
import { openSchemaEngine, type SchemaEngine } from '../src/schema-engine.ts'
import { createTemporaryFolder } from './temporary-folder.ts'

jest.setTimeout(60_000)

describe('authoring migrations', () => {
  const stack = new AsyncDisposableStack()
  let engine: SchemaEngine
  let root: string

  beforeAll(async () => {
    engine = stack.use(await openSchemaEngine())
    root = stack.use(await createTemporaryFolder()).path
  })
  afterAll(() => stack.disposeAsync())

  /** A copy of a service's folder in which its schema can be changed. */
  async function copyOf(name: (typeof databaseNames)[number], change: (schema: string) => string): Promise<string> {
    const folder = join(root, `${name}-${Math.random().toString(36).slice(2)}`)
    await cp(folderOf(name), folder, { recursive: true })
    const file = join(folder, 'schema.prisma')
    await writeFile(file, change(await readFile(file, 'utf8')))
    return folder
  }

  it.each(databaseNames)('finds that the migrations of %s make what its schema says', async (name) => {
    expect(await findDrift(engine, folderOf(name))).toBeUndefined()
  })

  it('finds a column, an index and a removed check of the schema that no migration makes', async () => {
    const folder = await copyOf('products', (schema) =>
      schema
        .replace('  slug        String ', '  brand       String?\n  slug        String ')
        .replace('@@index([categoryId])', '@@index([brand])'),
    )
    expect(await findDrift(engine, folder)).toBe(
      [
        '-- DropIndex\nDROP INDEX "product_category_id_idx";\n',
        '-- AlterTable\nALTER TABLE "product" ADD COLUMN     "brand" TEXT;\n',
        '-- CreateIndex\nCREATE INDEX "product_brand_idx" ON "product"("brand");\n',
      ].join('\n'),
    )
  })

  it('writes a migration after which there is nothing left to do', async () => {
    const folder = await copyOf('users', (schema) =>
      schema.replace('  email        String', '  phone String\n  email String'),
    )
    const path = (await writeNewMigration(engine, { folder, name: 'add_phone' })) ?? ''
    expect(path).toMatch(/migrations\/\d{14}_add_phone\/migration\.sql$/)
    const sql = await readFile(path, 'utf8')
    expect(sql).toMatch(/^-- Add phone\.\n--\n-- Written by npm run db:new-migration from prisma\/users/)
    expect(sql).toContain('-- REVIEW: it fails where rows have no value for a required column.')
    expect(sql).toContain('ALTER TABLE "user" ADD COLUMN     "phone" TEXT NOT NULL;')

    expect(await findDrift(engine, folder)).toBeUndefined()
    expect(await writeNewMigration(engine, { folder, name: 'again' })).toBeUndefined()
    expect((await loadMigrations(join(folder, 'migrations'))).map(({ name }) => name)).not.toContainEqual(
      expect.stringContaining('again'),
    )
  })

  it('writes the first migration of a new service, with the file by which Prisma knows the folder', async () => {
    const folder = join(root, 'fresh')
    await mkdir(folder)
    await writeFile(
      join(folder, 'schema.prisma'),
      'datasource db {\n  provider = "postgresql"\n}\n\nmodel Note {\n  id Int @id\n  text String @unique\n}\n',
    )
    const sql = await readFile((await writeNewMigration(engine, { folder, name: 'first' })) ?? '', 'utf8')
    expect(sql).toContain('CREATE TABLE "Note"')
    expect(sql).not.toContain('REVIEW')
    expect(await readFile(join(folder, 'migrations/migration_lock.toml'), 'utf8')).toContain('provider = "postgresql"')
  })

  it('writes a migration without statements for what Prisma does not know', async () => {
    const folder = await copyOf('orders', (schema) => schema)
    const path = (await writeNewMigration(engine, { folder, name: 'raise_rates', empty: true })) ?? ''
    await appendFile(path, `UPDATE "shipping_rate" SET "price" = "price" + 100;\n`)
    expect(await findDrift(engine, folder)).toBeUndefined()
  })

  it('names a migration so that it sorts after one of a clock that runs ahead', async () => {
    const folder = await copyOf('orders', (schema) => schema)
    await mkdir(join(folder, 'migrations/20981231235959_ahead'))
    await writeFile(join(folder, 'migrations/20981231235959_ahead/migration.sql'), 'SELECT 1;')
    const path = await writeNewMigration(engine, { folder, name: 'next', empty: true })
    expect(path).toBe(join(folder, 'migrations/20990101000000_next/migration.sql'))
  })

  it.each(['', 'Add Phone', 'add-phone', '../escape', 'ab'])('refuses the name "%s"', async (name) => {
    await expect(writeNewMigration(engine, { folder: folderOf('users'), name })).rejects.toThrow(
      'no name for a migration',
    )
  })

  it('says which migration fails on an empty database', async () => {
    const folder = await copyOf('orders', (schema) => schema)
    await mkdir(join(folder, 'migrations/20990101000000_broken'))
    await writeFile(join(folder, 'migrations/20990101000000_broken/migration.sql'), 'DROP TABLE "nothing";')
    await expect(findDrift(engine, folder)).rejects.toThrow(/20990101000000_broken .* "nothing" does not exist/)
  })

  it('says what is wrong in a schema', async () => {
    const folder = await copyOf('orders', (schema) => schema.replace('OrderStatus  @default', 'Unknown @default'))
    await expect(findDrift(engine, folder)).rejects.toThrow('Unknown')
  })
})

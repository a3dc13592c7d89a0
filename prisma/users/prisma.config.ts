import { defineConfig } from 'prisma/config'

export default defineConfig({
  schema: 'schema.prisma',
  migrations: { path: 'migrations' },
  // Only commands that connect need it; generate, validate and format do not.
  datasource: { url: process.env['DATABASE_URL'] ?? 'postgresql://unset' },
})

import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'

/**
 * Generates the database client that a Prisma config describes, without network.
 * @throws Error with what Prisma printed
 */
export async function generatePrismaClient(config: string): Promise<void> {
  const prisma = createRequire(import.meta.url).resolve('prisma/build/index.js')
  await new Promise<void>((done, failed) => {
    execFile(
      process.execPath,
      [prisma, 'generate', '--config', config],
      {
        env: {
          ...process.env,
          CHECKPOINT_DISABLE: '1',
          PRISMA_HIDE_UPDATE_MESSAGE: '1',
          // `generate` looks for a schema engine, downloads it when it is missing, and never runs it: any file that
          // exists will do. Never for `migrate` commands: they would do nothing and report success.
          PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
        },
      },
      (error, stdout, stderr) => {
        if (error) failed(new Error(`prisma generate failed for ${config}:\n${stdout}${stderr}`))
        else done()
      },
    )
  })
}

import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { BootstrapError } from './bootstrap-error.mjs'
import { withProgress } from './progress.mjs'
import { run } from './run.mjs'
import { turboCommand, turboEnvironment } from './turbo.mjs'

/**
 * A hash of everything that the generated code is made from but the packages: those have their own, and installing them
 * forgets this one. The same files are the inputs of the codegen task in turbo.json.
 * @param {string} root
 */
export function codeHash(root) {
  const hash = createHash('sha256')
  const files = subgraphs(root).flatMap((name) => [
    `subgraphs/${name}/schema.graphql`,
    `subgraphs/${name}/codegen.json`,
    `prisma/${name}/schema.prisma`,
    `prisma/${name}/prisma.config.ts`,
  ])
  for (const file of [...files, ...list(root, 'tools/codegen/src').map((name) => `tools/codegen/src/${name}`)]) {
    const path = join(root, file)
    if (existsSync(path)) hash.update(`${file}\0`).update(readFileSync(path)).update('\0')
  }
  return hash.digest('hex')
}

/** @param {string} root */
export function hasGeneratedCode(root) {
  return subgraphs(root).every((name) => {
    const generated = join(root, 'subgraphs', name, 'src', 'generated')
    const needsClient = existsSync(join(root, 'prisma', name, 'prisma.config.ts'))
    return (
      existsSync(join(generated, 'graphql.ts')) && (!needsClient || existsSync(join(generated, 'prisma/client.ts')))
    )
  })
}

/**
 * @param {string} root
 * @param {string} node the program that runs turbo
 * @param {import('./lock.mjs').Lock} lock
 * @throws BootstrapError with what the generators printed
 */
export async function generateCode(root, node, lock) {
  if (subgraphs(root).length === 0) return
  await withProgress('Generating resolver types and database clients', async () => {
    const command = [...turboCommand(root, node), 'run', 'codegen', '--output-logs=errors-only']
    const { succeeded, output } = await run(command, { cwd: root, env: turboEnvironment(root), lock })
    if (!succeeded) throw new BootstrapError(`The code could not be generated.\n\n${output}`)
  })
}

/** @param {string} root */
function subgraphs(root) {
  return list(root, 'subgraphs').filter((name) => existsSync(join(root, 'subgraphs', name, 'schema.graphql')))
}

/**
 * @param {string} root
 * @param {string} folder
 */
function list(root, folder) {
  const path = join(root, folder)
  return existsSync(path) ? readdirSync(path).toSorted() : []
}

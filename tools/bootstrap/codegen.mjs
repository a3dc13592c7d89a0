import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { BootstrapError } from './bootstrap-error.mjs'
import { withProgress } from './progress.mjs'
import { run } from './run.mjs'

/**
 * A hash of everything that the generated code is made from: the inputs of turbo's task `codegen`.
 * @param {string} root
 */
export function codeHash(root) {
  const hash = createHash('sha256')
  for (const file of inputs(root).flatMap((pattern) => expand(root, pattern))) {
    const path = join(root, file)
    if (existsSync(path) && statSync(path).isFile()) hash.update(`${file}\0`).update(readFileSync(path)).update('\0')
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
 * @param {string} node the program that runs the generators
 * @param {import('./lock.mjs').Lock} lock
 * @throws BootstrapError with what the generators printed
 */
export async function generateCode(root, node, lock) {
  if (subgraphs(root).length === 0) return
  await withProgress('Generating resolver types and database clients', async () => {
    const { succeeded, output } = await run([node, 'tools/codegen/src/main.ts'], { cwd: root, lock })
    if (!succeeded) throw new BootstrapError(`The code could not be generated.\n\n${output}`)
  })
}

/** @param {string} root */
function subgraphs(root) {
  return list(join(root, 'subgraphs')).filter((name) => existsSync(join(root, 'subgraphs', name, 'schema.graphql')))
}

/**
 * @param {string} root
 * @returns {string[]} patterns of files below it
 */
function inputs(root) {
  const withoutComments = readFileSync(join(root, 'turbo.json'), 'utf8').replaceAll(/^\s*\/\/.*/gm, '')
  const { tasks } = /** @type {{ tasks: { codegen: { inputs: string[] } } }} */ (JSON.parse(withoutComments))
  // Turbo runs the task in each subgraph.
  return tasks.codegen.inputs.map((input) =>
    input.startsWith('$TURBO_ROOT$/') ? input.replace('$TURBO_ROOT$/', '') : `subgraphs/*/${input}`,
  )
}

/**
 * @param {string} root
 * @param {string} pattern in which `*` stands for any name and `**` for any path
 */
function expand(root, pattern) {
  let paths = ['']
  for (const segment of pattern.split('/')) {
    paths = paths.flatMap((path) => {
      const names = segment.startsWith('*') ? list(join(root, path), segment === '**') : [segment]
      return names.map((name) => join(path, name))
    })
  }
  return paths
}

/** @param {string} folder */
function list(folder, recursive = false) {
  return existsSync(folder) ? readdirSync(folder, { recursive, encoding: 'utf8' }).toSorted() : []
}

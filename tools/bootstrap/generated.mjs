import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { BootstrapError } from './bootstrap-error.mjs'
import { withProgress } from './progress.mjs'
import { run } from './run.mjs'

/**
 * Something that is made from files of the checkout before any program runs, by a task that turbo knows as well.
 * @typedef {object} Generator
 * @property {string} task its name in turbo.json, whose inputs decide when it is made anew
 * @property {string} folders where turbo runs the task, as a pattern
 * @property {string} doing what the user is told
 * @property {string} program what makes it
 * @property {(root: string) => boolean} isMade whether it is there
 */

/** @type {readonly Generator[]} */
const GENERATORS = [
  {
    task: 'codegen',
    folders: 'subgraphs/*',
    doing: 'Generating resolver types and database clients',
    program: 'tools/codegen/src/main.ts',
    isMade: (root) => subgraphs(root).every((name) => hasGeneratedCode(root, name)),
  },
  {
    task: '@portico/explorer#build',
    folders: 'packages/explorer',
    doing: 'Bundling the explorer',
    program: 'packages/explorer/build.mjs',
    isMade: (root) => existsSync(join(root, 'packages/explorer/dist/index.html')),
  },
]

/**
 * What the generated files would be made from now, by task: a hash of each task's inputs.
 * @param {string} root
 * @returns {Record<string, string>}
 */
export function inputHashes(root) {
  return Object.fromEntries(present(root).map((generator) => [generator.task, inputHash(root, generator)]))
}

/**
 * Whether everything is there and made from what is in the checkout now.
 * @param {string} root
 * @param {Readonly<Record<string, string>> | undefined} madeFrom the hashes of what it was made from
 */
export function isGenerated(root, madeFrom) {
  return outdated(root, madeFrom).length === 0
}

/**
 * Makes what is missing or was made from something else.
 * @param {string} root
 * @param {Readonly<Record<string, string>> | undefined} madeFrom the hashes of what it was made from
 * @param {{ node: string, lock: import('./lock.mjs').Lock }} options the program that runs the generators
 * @throws BootstrapError with what the generators printed
 */
export async function generate(root, madeFrom, { node, lock }) {
  for (const { doing, program } of outdated(root, madeFrom)) {
    await withProgress(doing, async () => {
      const { succeeded, output } = await run([node, program], { cwd: root, lock })
      if (!succeeded) throw new BootstrapError(`${doing} has failed.\n\n${output}`)
    })
  }
}

/**
 * @param {string} root
 * @param {Readonly<Record<string, string>> | undefined} madeFrom
 */
function outdated(root, madeFrom) {
  return present(root).filter(
    (generator) => madeFrom?.[generator.task] !== inputHash(root, generator) || !generator.isMade(root),
  )
}

/** @param {string} root */
function present(root) {
  return GENERATORS.filter(({ program }) => existsSync(join(root, program)))
}

/**
 * @param {string} root
 * @param {Generator} generator
 */
function inputHash(root, { task, folders }) {
  const hash = createHash('sha256')
  const patterns = inputs(root, task).map((input) =>
    input.startsWith('$TURBO_ROOT$/') ? input.replace('$TURBO_ROOT$/', '') : `${folders}/${input}`,
  )
  for (const file of patterns.flatMap((pattern) => expand(root, pattern))) {
    const path = join(root, file)
    if (existsSync(path) && statSync(path).isFile()) hash.update(`${file}\0`).update(readFileSync(path)).update('\0')
  }
  return hash.digest('hex')
}

/**
 * @param {string} root
 * @param {string} task
 */
function inputs(root, task) {
  const withoutComments = readFileSync(join(root, 'turbo.json'), 'utf8').replaceAll(/^\s*\/\/.*/gm, '')
  const { tasks } = /** @type {{ tasks: Record<string, { inputs: string[] }> }} */ (JSON.parse(withoutComments))
  const inputsOfTask = tasks[task]?.inputs
  if (!inputsOfTask) throw new Error(`turbo.json says nothing about what ${task} reads.`)
  return inputsOfTask
}

/** @param {string} root */
function subgraphs(root) {
  return list(join(root, 'subgraphs')).filter((name) => existsSync(join(root, 'subgraphs', name, 'schema.graphql')))
}

/**
 * @param {string} root
 * @param {string} name of a subgraph
 */
function hasGeneratedCode(root, name) {
  const generated = join(root, 'subgraphs', name, 'src', 'generated')
  const needsClient = existsSync(join(root, 'prisma', name, 'prisma.config.ts'))
  return existsSync(join(generated, 'graphql.ts')) && (!needsClient || existsSync(join(generated, 'prisma/client.ts')))
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

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { BootstrapError } from './bootstrap-error.mjs'
import { pinnedNode } from './lock-file.mjs'

/** The oldest Node that runs the project; .node-version names the one it is developed on. */
const oldest = 24
const windows = process.platform === 'win32'

/**
 * Whether a Node runs the project.
 * @param {string} version as Node prints it, such as `v24.21.0`
 */
export function isRunnable(version) {
  const major = /^v(\d+)\.\d+\.\d+/.exec(version.trim())?.[1]
  return major !== undefined && Number(major) >= oldest
}

/**
 * Where npm scripts find the pinned Node, which is first on their PATH.
 * @param {string} root
 */
export function pinnedPath(root) {
  return join(root, 'node_modules', '.bin', windows ? 'node.cmd' : 'node')
}

/**
 * The Node that runs the project: the one that the lock file pins, or where that one is missing or cannot run (there is
 * none for the platform, or the C library is musl) the machine's own.
 * @param {string} root
 * @returns {{ kind: 'pinned' | 'system', path: string }}
 * @throws BootstrapError when neither runs the project
 */
export function chooseNode(root) {
  const path = pinnedPath(root)
  linkPinned(root, path)
  if (existsSync(path)) {
    const { stdout } = spawnSync(path, ['--version'], { encoding: 'utf8', shell: windows })
    if (isRunnable(stdout ?? '')) return { kind: 'pinned', path }
  }

  // What cannot run would still be found first by every npm script, this one included.
  for (const name of ['node', 'node.cmd', 'node.ps1']) rmSync(join(dirname(path), name), { force: true })
  if (isRunnable(process.version)) return { kind: 'system', path: process.execPath }
  throw new BootstrapError(
    `Portico runs on Node ${oldest} or newer. The one that comes with its packages does not run on this machine ` +
      `(${process.platform}-${process.arch}), and the machine's own is ${process.version}. ` +
      `Install Node ${oldest} from https://nodejs.org or your system's packages and run the command again.`,
  )
}

/**
 * npm 11.6 and older removes node_modules/.bin/node when it leaves out the Node packages of other platforms.
 * @param {string} root
 * @param {string} path
 */
function linkPinned(root, path) {
  const program = pinnedNode(root)?.program
  if (!program || !existsSync(program) || existsSync(path)) return
  mkdirSync(dirname(path), { recursive: true })
  rmSync(path, { force: true })
  const target = relative(dirname(path), program)
  if (windows) writeFileSync(path, `@"%~dp0${target}" %*\r\n`)
  else symlinkSync(target, path)
}

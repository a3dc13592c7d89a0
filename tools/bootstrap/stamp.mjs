import { createHash } from 'node:crypto'
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { BootstrapError } from './bootstrap-error.mjs'

/**
 * What node_modules was made from. It lies in node_modules, is removed before npm begins and written after npm has
 * succeeded: an installation that was interrupted has none.
 * @typedef {object} Stamp
 * @property {string} lock hash of the package-lock.json that was installed
 * @property {string} platform what the platform packages were chosen for
 * @property {'pinned' | 'system'} [node] which Node runs the project, once that is known
 * @property {Record<string, string>} [madeFrom] hashes of what the generated files were made from, by task
 */

const platform = `${process.platform}-${process.arch}`
/** @param {string} root */
const file = (root) => join(root, 'node_modules', '.portico.json')

/**
 * @param {string} root
 * @returns {Stamp | undefined}
 */
export function readStamp(root) {
  try {
    return /** @type {Stamp} */ (JSON.parse(readFileSync(file(root), 'utf8')))
  } catch {
    return undefined
  }
}

/**
 * @param {string} root
 * @param {Partial<Stamp>} stamp the packages are those of the present lock file and platform
 */
export function writeStamp(root, stamp) {
  const temporary = `${file(root)}.${process.pid}`
  writeFileSync(temporary, JSON.stringify({ ...stamp, lock: lockHash(root), platform }))
  renameSync(temporary, file(root))
}

/** @param {string} root */
export function removeStamp(root) {
  rmSync(file(root), { force: true })
}

/**
 * Why the packages must be installed, as it is told to the user; undefined when they are what the lock file says.
 * @param {string} root
 */
export function reasonToInstall(root) {
  if (!existsSync(join(root, 'node_modules'))) return 'nothing is installed yet'
  const stamp = readStamp(root)
  if (!stamp) return 'the last installation did not finish'
  if (stamp.platform !== platform) return `the installed ones are for ${stamp.platform}`
  if (stamp.lock !== lockHash(root)) return 'package-lock.json has changed'
  return undefined
}

/** @param {string} root */
function lockHash(root) {
  try {
    return createHash('sha256')
      .update(readFileSync(join(root, 'package-lock.json')))
      .digest('hex')
  } catch {
    throw new BootstrapError('package-lock.json cannot be read. Restore it with: git checkout package-lock.json')
  }
}

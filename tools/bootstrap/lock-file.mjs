import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/**
 * A package in package-lock.json and in npm's own record of what it has installed.
 * @typedef {object} Entry
 * @property {string} version
 * @property {string} [integrity]
 * @property {string} [resolved]
 * @property {boolean} [optional]
 * @property {boolean} [devOptional]
 * @property {boolean} [ideallyInert] listed, but not installed
 * @property {string | string[]} [os]
 * @property {string | string[]} [cpu]
 * @property {string | string[]} [libc]
 * @property {Record<string, string>} [bin]
 */

/** Npm writes it when it has finished, whichever of its commands it was. */
const record = 'node_modules/.package-lock.json'

/**
 * Whether npm has finished an installation of exactly what the lock file says, and its folders are still there.
 * @param {string} root
 */
export function isInstalled(root) {
  let locked, installed
  try {
    locked = packages(root)
    installed = packages(root, record)
  } catch {
    return false
  }
  for (const folder of Object.keys(installed)) if (!(folder in locked)) return false
  for (const [folder, wanted] of Object.entries(locked)) {
    if (folder === '') continue
    const found = installed[folder]
    if (found && !found.ideallyInert) {
      if (!isSame(found, wanted) || !existsSync(join(root, folder, 'package.json'))) return false
    } else if (!(wanted.optional || wanted.devOptional) || isForThisPlatform(wanted)) return false
  }
  return true
}

/** @param {string} root */
export function forgetInstalled(root) {
  rmSync(join(root, record), { force: true })
}

/**
 * The packages for this platform that npm has not installed. Npm calls it a success: when a download fails, when the
 * machine's Node is too old for a package that runs on the pinned one, and before npm 10 for every package that is made
 * for one C library.
 * @param {string} root
 */
export function leftOut(root) {
  return Object.entries(packages(root))
    .filter(([folder, entry]) => isForThisPlatform(entry) && !existsSync(join(root, folder)))
    .map(([folder]) => folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length))
}

/**
 * The package that holds Node for this platform.
 * @param {string} root
 */
export function pinnedNode(root) {
  for (const [folder, entry] of Object.entries(packages(root))) {
    const node = entry.bin?.['node']
    if (node && isForThisPlatform(entry)) {
      return { name: folder.replace('node_modules/', ''), version: entry.version, program: join(root, folder, node) }
    }
  }
  return undefined
}

/**
 * @param {string} root
 * @param {string} file
 */
function packages(root, file = 'package-lock.json') {
  const text = readFileSync(join(root, file), 'utf8')
  return /** @type {{ packages: Record<string, Entry> }} */ (JSON.parse(text)).packages
}

/**
 * @param {Entry} one
 * @param {Entry} other
 */
function isSame(one, other) {
  return one.version === other.version && one.integrity === other.integrity && one.resolved === other.resolved
}

/** @param {Entry} entry */
function isForThisPlatform({ optional, os, cpu, libc }) {
  if (!optional || !os || !cpu) return false
  return includes(os, process.platform) && includes(cpu, process.arch) && (!libc || includes(libc, cLibrary()))
}

/**
 * @param {string | string[]} list
 * @param {string} value
 */
function includes(list, value) {
  return [list].flat().includes(value)
}

function cLibrary() {
  const report = process.report.getReport()
  const header = 'header' in report ? report.header : undefined
  return typeof header === 'object' && header !== null && 'glibcVersionRuntime' in header ? 'glibc' : 'musl'
}

import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { uptime } from 'node:os'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isSystemError } from './system-error.mjs'

/** Milliseconds after which a lock that names nobody is that of a process killed between creating and writing it. */
const NAMELESS_MS = 5_000

/**
 * @typedef {object} Lock
 * @property {(pid: number | undefined) => void} include keeps the lock held for as long as this process lives too
 */

/**
 * Does the work while no other process does it for the same file. A lock whose processes have all died is taken over.
 * @param {string} file holds the process ids of its holders
 * @param {(lock: Lock) => Promise<void>} work
 */
export async function withLock(file, work) {
  mkdirSync(dirname(file), { recursive: true })
  let told = false
  while (!claim(file)) {
    const holders = read(file)
    if (isAbandoned(file, holders)) {
      discard(file, holders)
      continue
    }
    if (!told) {
      process.stderr.write(
        `Waiting for another command that is preparing this checkout (process ${holders || 'unknown'}).` +
          ` If there is none, delete ${file}\n`,
      )
      told = true
    }
    await sleep(200)
  }
  try {
    // Killed, this process cannot end its child, which goes on changing node_modules: whoever comes next waits for it.
    await work({ include: (pid) => pid && replace(file, `${process.pid} ${pid}`) })
  } finally {
    rmSync(file, { force: true })
  }
}

/** @param {string} file */
function claim(file) {
  try {
    writeFileSync(file, `${process.pid}`, { flag: 'wx' })
    return true
  } catch (error) {
    if (isSystemError(error, 'EEXIST')) return false
    throw error
  }
}

/**
 * @param {string} file
 * @param {string} holders
 */
function replace(file, holders) {
  const aside = `${file}.${process.pid}`
  writeFileSync(aside, holders)
  renameSync(aside, file)
}

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

/**
 * @param {string} file
 * @param {string | undefined} holders empty for the moment between creating and writing the file
 */
function isAbandoned(file, holders) {
  const written = statSync(file, { throwIfNoEntry: false })?.mtimeMs
  if (written === undefined) return false
  const age = Date.now() - written
  // Process ids begin anew with the machine.
  if (age > uptime() * 1_000) return true
  if (!holders) return age > NAMELESS_MS
  return !holders.split(' ').some((pid) => isAlive(Number(pid)))
}

/** @param {number} pid */
function isAlive(pid) {
  if (pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // It exists and belongs to somebody else.
    return isSystemError(error, 'EPERM')
  }
}

/**
 * Of several that find the same lock abandoned only one moves it aside; one that comes so late that it moves the lock of
 * the next holder puts it back.
 * @param {string} file
 * @param {string | undefined} holders
 */
function discard(file, holders) {
  const aside = `${file}.${process.pid}`
  try {
    renameSync(file, aside)
    if (read(aside) === holders) rmSync(aside)
    else renameSync(aside, file)
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error
  }
}

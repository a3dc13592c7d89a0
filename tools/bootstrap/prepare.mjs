import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BootstrapError } from './bootstrap-error.mjs'
import { generate, inputHashes, isGenerated } from './generated.mjs'
import { installPackages } from './install.mjs'
import { isInstalled } from './lock-file.mjs'
import { withLock } from './lock.mjs'
import { chooseNode, isRunnable, pinnedPath } from './pinned-node.mjs'
import { readStamp, reasonToInstall, writeStamp } from './stamp.mjs'

const checkout = fileURLToPath(new URL('../..', import.meta.url))

/** Prepares this checkout; what the user must do about a failure is printed, and is no crash. */
export async function main() {
  try {
    await prepare(checkout)
  } catch (error) {
    if (!(error instanceof BootstrapError)) throw error
    console.error(`\n${error.message}`)
    process.exitCode = error.exitCode
  }
}

/**
 * Makes the checkout ready to run, and does nothing when it is. Several at once wait for each other.
 * @param {string} root
 */
async function prepare(root) {
  if (isReady(root)) return
  await withLock(join(root, '.portico', 'bootstrap.lock'), async (lock) => {
    // Whoever held the lock before may have done everything.
    if (isReady(root)) return
    const reason = reasonToInstall(root)
    if (reason && isInstalled(root)) writeStamp(root, {})
    else if (reason) await installPackages(root, reason, lock)
    const node = chooseNode(root)
    writeStamp(root, { ...readStamp(root), node: node.kind })

    const madeFrom = readStamp(root)?.madeFrom
    if (isGenerated(root, madeFrom)) return
    await generate(root, madeFrom, { node: node.path, lock })
    writeStamp(root, { ...readStamp(root), madeFrom: inputHashes(root) })
  })
}

/** @param {string} root */
function isReady(root) {
  const stamp = readStamp(root)
  if (!stamp || reasonToInstall(root) !== undefined) return false
  const runs = stamp.node === 'pinned' ? existsSync(pinnedPath(root)) : stamp.node && isRunnable(process.version)
  return runs && isGenerated(root, stamp.madeFrom)
}

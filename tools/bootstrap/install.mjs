import { existsSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BootstrapError } from './bootstrap-error.mjs'
import { explainFailure } from './install-failure.mjs'
import { forgetInstalled, leftOut, pinnedNode } from './lock-file.mjs'
import { withProgress } from './progress.mjs'
import { run } from './run.mjs'
import { removeStamp, writeStamp } from './stamp.mjs'
import { isSystemError } from './system-error.mjs'

const cleanInstall = [
  'ci',
  // No package needs its install script here, and some would download: each has its binary in a package of its own.
  '--ignore-scripts',
  // Whatever NODE_ENV or the user's settings leave out, the project is built and tested from this checkout.
  '--include=dev',
  '--include=optional',
  // Packages that want a newer Node than the machine's get the pinned one: npm's warnings about it are wrong.
  '--engine-strict=false',
  '--loglevel=error',
  // The lock file holds a hash of every package: what is cached needs no question to the registry.
  '--prefer-offline',
  '--no-audit',
  '--no-fund',
]

/**
 * Installs exactly what package-lock.json says.
 * @param {string} root
 * @param {string} reason why, for the user
 * @param {import('./lock.mjs').Lock} lock
 * @throws BootstrapError with npm's output and, where the cause is known, what to do
 */
export async function installPackages(root, reason, lock) {
  removeStamp(root)
  forgetInstalled(root)
  await withProgress(`Installing packages: ${reason}`, () => runNpm(cleanInstall, { cwd: root, lock }))

  if (leftOut(root).length > 0) {
    const tools = pinnedTools(root)
    const packages = tools.map((tool) => `--package=${tool}`)
    const install = ['exec', '--yes', ...packages, '--', 'npm', '--prefix', root, ...cleanInstall]
    await withProgress(`Installing packages with ${tools.join(' and ')}, because yours left some out`, () =>
      // Within the checkout, npm would take the tools from there.
      runNpm(install, { cwd: tmpdir(), lock }),
    )
  }
  const missing = leftOut(root)
  if (missing.length > 0) {
    throw new BootstrapError(
      `npm has left out packages that this platform needs: ${missing.join(', ')}. ` +
        'It does so when they cannot be downloaded: check the network and run the command again.',
    )
  }
  writeStamp(root, {})
}

/**
 * The npm and the Node that the project is developed with.
 * @param {string} root
 * @returns {string[]}
 */
function pinnedTools(root) {
  const manifest = readFileSync(join(root, 'package.json'), 'utf8')
  const { packageManager } = /** @type {{ packageManager: string }} */ (JSON.parse(manifest))
  const node = pinnedNode(root)
  return node ? [packageManager, `${node.name}@${node.version}`] : [packageManager]
}

/**
 * @param {string[]} args
 * @param {{ cwd: string, lock: import('./lock.mjs').Lock }} options
 */
async function runNpm(args, options) {
  try {
    const { succeeded, output } = await run([...npmCommand(process.env), ...args], options)
    if (!succeeded) throw new BootstrapError(explainFailure(output))
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error
    throw new BootstrapError('npm was not found. It comes with Node: https://nodejs.org')
  }
}

/**
 * The npm that runs this script, with the Node that runs it, or the first on the PATH.
 * @param {NodeJS.ProcessEnv} env
 */
export function npmCommand({ npm_execpath: npm, npm_node_execpath: node }) {
  // Other package managers set the variable too.
  if (npm && /npm-cli\.c?js$/.test(npm)) return [node && existsSync(node) ? node : process.execPath, npm]
  // A batch file starts only in a shell.
  return process.platform === 'win32' ? ['cmd', '/c', 'npm'] : ['npm']
}

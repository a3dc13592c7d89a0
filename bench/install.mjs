// Installs the packages of this folder from its lock file on first use, and after the lock file has changed.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('.', import.meta.url))
const stamp = new URL('node_modules/.installed-from', import.meta.url)
const lock = createHash('sha256')
  .update(readFileSync(new URL('package-lock.json', import.meta.url)))
  .digest('hex')

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
  console.error('Installing the gateways that Portico is measured against into bench/node_modules: 0.8 GB, once.')
  const args = ['ci', '--ignore-scripts', '--engine-strict=false', '--prefer-offline', '--no-audit', '--no-fund']
  const { status } = spawnSync('npm', [...args, '--loglevel=error'], { cwd: folder, stdio: 'inherit' })
  if (status !== 0) {
    console.error('npm ci failed in bench/. It needs the npm registry once; run the command again when it is there.')
    process.exit(1)
  }
  writeFileSync(stamp, lock)
}

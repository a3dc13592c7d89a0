// Runs turbo as this project wants it: `node tools/bootstrap/turbo.mjs run build`.
import { spawnSync } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/**
 * @param {string} root
 * @param {string} [node]
 */
export function turboCommand(root, node = process.execPath) {
  return [node, join(root, 'node_modules/turbo/bin/turbo')]
}

/**
 * No telemetry, no question to the registry for a newer version, and the pinned Node for the tasks.
 * @param {string} root
 * @returns {NodeJS.ProcessEnv}
 */
export function turboEnvironment(root) {
  return {
    ...process.env,
    PATH: [join(root, 'node_modules', '.bin'), process.env['PATH']].join(delimiter),
    TURBO_TELEMETRY_DISABLED: '1',
    TURBO_NO_UPDATE_NOTIFIER: '1',
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const [node = '', turbo = ''] = turboCommand(root)
  const { status } = spawnSync(node, [turbo, ...process.argv.slice(2)], {
    cwd: root,
    env: turboEnvironment(root),
    stdio: 'inherit',
  })
  process.exitCode = status ?? 1
}

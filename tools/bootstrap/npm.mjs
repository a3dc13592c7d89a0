import { existsSync } from 'node:fs'

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

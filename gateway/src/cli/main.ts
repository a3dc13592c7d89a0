import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

/** For mistakes of whoever started the program, as other command-line programs have it. */
const EXIT_USAGE = 2

// By default it ends a process, which must not happen while what handles it is still being loaded. There is nothing to
// load anew by then.
process.on('SIGHUP', () => undefined)

// Beside the program and not in a folder that other users write to: what is cached is run. A folder that can't be written
// to is none. Only what is imported from here on is cached.
enableCompileCache(join(import.meta.dirname, '../../node_modules/.cache/portico-gateway'))
const { runGateway } = await import('./run.ts')
await runGateway({ args: process.argv.slice(2), env: process.env, exitOnMistakes: EXIT_USAGE })

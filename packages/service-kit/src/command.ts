import type { Environment } from './config.ts'

/**
 * Runs a command-line program: prints what it returns, or the message of the error that it throws, with exit code 1.
 * `DEBUG` in the environment adds the stack.
 */
export async function runCommand(
  command: (args: readonly string[], env: Environment) => Promise<string>,
): Promise<void> {
  try {
    console.log(await command(process.argv.slice(2), process.env))
  } catch (error) {
    if (!(error instanceof Error)) throw error
    console.error(process.env['DEBUG'] ? error : error.message)
    process.exitCode = 1
  }
}

import type { Environment } from './config.ts'

/**
 * Runs a command-line program: prints the text that it returns, or takes the number that it returns for the exit code.
 * Of an error that it throws the message is printed, with exit code 1; `DEBUG` in the environment adds the stack.
 */
export async function runCommand(
  command: (args: readonly string[], env: Environment) => Promise<string | number>,
): Promise<void> {
  try {
    const result = await command(process.argv.slice(2), process.env)
    if (typeof result === 'number') process.exitCode = result
    else console.log(result)
  } catch (error) {
    if (!(error instanceof Error)) throw error
    console.error(process.env['DEBUG'] ? error : error.message)
    process.exitCode = 1
  }
}

import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** A program that some suites need and `npm test` does not: looked for, never installed. */
export interface ServiceProgram {
  /** What people call it, such as `Redis`. */
  name: string
  /** File names to look for in `PATH`, in this order. */
  programs: readonly string[]
  /** How to install it, such as `apt-get install redis-server`. */
  install: string
}

/**
 * The path of an installed program; undefined when there is none, after one printed line that says what is skipped and
 * how to change that. With `REQUIRE_SERVICES=1`, as in CI, a missing program is an error instead.
 */
export function findInstalledService({ name, programs, install }: ServiceProgram, suite: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  const found = programs.flatMap((program) => folders.map((folder) => join(folder, program))).find(existsSync)
  if (found !== undefined) return found
  const reason = `${name} is not installed (${install})`
  if (process.env['REQUIRE_SERVICES'] === '1') throw new Error(`${suite}: ${reason}, and REQUIRE_SERVICES=1 wants it.`)
  process.stderr.write(`skipped: ${suite}: ${reason}\n`)
  return undefined
}

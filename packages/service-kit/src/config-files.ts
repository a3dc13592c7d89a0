import { readFileSync } from 'node:fs'

/** What variables given as files come to. */
export interface FileVariables {
  /** What the files hold, by variable. */
  values: Readonly<Record<string, string>>
  /** By variable that can't be had from its file: one line that starts with the variable that names the file. */
  problems: ReadonlyMap<string, string>
}

/**
 * Reads the variables that are given as a file: `X_FILE` names a file that holds `X`, trimmed, as Docker and Kubernetes
 * hand secrets to a process. Only names of `known` are looked for, so that `SSL_CERT_FILE` of the machine and variables
 * that end in `_FILE` by themselves keep their own meaning.
 */
export function readFileVariables(
  known: readonly string[],
  given: Readonly<Record<string, string | undefined>>,
): FileVariables {
  const values: Record<string, string> = {}
  const problems = new Map<string, string>()
  for (const name of known) {
    const variable = `${name}_FILE`
    const file = given[variable]
    if (file === undefined || known.includes(variable)) continue
    if (given[name] !== undefined) {
      problems.set(name, `${variable}: contradicts ${name}; unset one of them`)
      continue
    }
    try {
      const text = readFileSync(file, 'utf8').trim()
      // Who wants no value names no file.
      if (text === '') problems.set(name, `${variable}: ${file} is empty`)
      else values[name] = text
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      problems.set(name, `${variable}: ${file} can't be read (${code})`)
    }
  }
  return { values, problems }
}

import type { Environment } from '@portico/service-kit/config'

const REFERENCE = /\$\$(?=\{)|\$\{(?:(?<name>[A-Za-z_]\w*)(?::-(?<otherwise>[^}]*))?\})?/g

/**
 * Puts variables of the environment in the place of `${NAME}` and `${NAME:-default}`, as shells do; an empty one counts
 * as unset. `$${` is a plain `${`.
 */
export function expandVariables(text: string, env: Environment): { text: string; problems: readonly string[] } {
  const problems: string[] = []
  const expanded = text.replace(REFERENCE, (match, ...found) => {
    if (match === '$$') return '$'
    const { name, otherwise } = (found.at(-1) ?? {}) as { name?: string; otherwise?: string }
    if (name === undefined)
      problems.push('has a ${ that is no ${NAME} and no ${NAME:-default}; write $${ for a plain one')
    const value = env[name ?? ''] || otherwise
    if (name !== undefined && value === undefined) {
      problems.push(`needs ${name} of the environment, which is not set; set it, or write \${${name}:-default}`)
    }
    return value ?? ''
  })
  return { text: expanded, problems }
}

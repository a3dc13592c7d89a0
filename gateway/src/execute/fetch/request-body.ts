import { jsonText } from '../json-text.ts'
import type { Run } from '../run.ts'

/** What every body for one document begins with. */
export function bodyStart(document: string): string {
  return `{"query":${JSON.stringify(document)},"variables":{`
}

/** The body of a request: `own` are JSON texts of variables of the gateway's own, such as `"representations":[…]`. */
export function bodyOf(start: string, own: readonly string[], { variables, names }: ClientVariables): string {
  let text = start
  for (const variable of own) text += text === start ? variable : `,${variable}`
  for (const name of names) {
    if (!Object.hasOwn(variables, name)) continue
    const value = variables[name]
    if (value !== undefined) text += `${text === start ? '' : ','}"${name}":${jsonText(value)}`
  }
  return `${text}}}`
}

export interface ClientVariables {
  variables: Run['variables']
  /** Those that the document uses. */
  names: readonly string[]
}

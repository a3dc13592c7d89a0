/**
 * What generated code is made of. Nothing of a client gets into code but GraphQL names and integers: a name is written as
 * a JSON string, which JavaScript reads as the same string.
 */

/** The source of a literal of a GraphQL name. */
export function literal(name: string): string {
  return JSON.stringify(name)
}

/** The source of reading what an object has under a name: undefined for what only its prototype has. */
export function read(object: string, name: string): string {
  const value = `${object}[${literal(name)}]`
  return name in Object.prototype ? `(Object.hasOwn(${object}, ${literal(name)}) ? ${value} : undefined)` : value
}

/**
 * Makes a function of source text, which its caller knows the type of. `scope` is what the text may use beside its
 * parameters, by name; `source` is an expression.
 */
export function generate(source: string, scope: Readonly<Record<string, unknown>> = {}): unknown {
  // oxlint-disable-next-line typescript/no-implied-eval -- Making code is what this is for; see above for what may be in it.
  const make = new Function(...Object.keys(scope), `'use strict'\nreturn ${source}`)
  return Reflect.apply(make, undefined, Object.values(scope)) as unknown
}

import { literal, read } from '../code.ts'
import type { Condition } from './condition.ts'

/** Gives things numbers from 0 in the order in which they are asked for. */
export interface Numbering<Thing> {
  numberOf(thing: Thing): number
  things: Iterable<Thing>
}

export function createNumbering<Thing>(): Numbering<Thing> {
  const numbers = new Map<Thing, number>()
  return {
    numberOf(thing) {
      const known = numbers.get(thing) ?? numbers.size
      numbers.set(thing, known)
      return known
    },
    things: { [Symbol.iterator]: () => numbers.keys() },
  }
}

/** A function of a value that is not null. */
export function functionText(name: string, about: string, body: readonly string[]): string {
  return [`function ${name}(v) { // ${about}`, ...body, '}'].join('\n')
}

/** An expression: whether a value that is not null is no object. An object may have a field that is called rawJSON. */
export function notAnObject(x: string): string {
  return `typeof ${x} !== "object" || Array.isArray(${x}) || (${x}.rawJSON !== undefined && JSON.isRawJSON(${x}))`
}

/** An expression: whether a value is not, as it is, one of a scalar; custom ones have any. */
export function notOfScalar(type: string, x: string): string {
  if (type === 'Int') return `(typeof ${x} !== "number" || (${x} | 0) !== ${x})`
  if (type === 'Float') return `(typeof ${x} !== "number" || ${x} - ${x} !== 0)`
  return type === 'Boolean' ? `typeof ${x} !== "boolean"` : `typeof ${x} !== "string"`
}

/** An expression: an object with these properties, of which each is a name and an expression. */
export function objectText(properties: readonly (readonly [name: string, value: string])[]): string {
  // Written plainly that one would be the object's prototype.
  const keyOf = (name: string) => (name === '__proto__' ? `[${literal(name)}]` : literal(name))
  return `{ ${properties.map(([name, value]) => `${keyOf(name)}: ${value}`).join(', ')} }`
}

/** A statement that gives an object one more property. */
export function setText(object: string, name: string, value: string): string {
  if (name !== '__proto__') return `${object}[${literal(name)}] = ${value}`
  const property = `{ value: ${value}, enumerable: true, configurable: true, writable: true }`
  return `Object.defineProperty(${object}, ${literal(name)}, ${property})`
}

/** An expression: whether a condition holds for `variables`. */
export function conditionText({ literals }: Condition): string {
  const terms = Array.from(
    literals,
    (sign) => `${read('variables', sign.slice(1))} ${sign.startsWith('+') ? '===' : '!=='} true`,
  )
  return terms.join(' && ')
}

export interface ProgramParts {
  /** Of functions. */
  texts: readonly string[]
  /** The name of the function of the root object. */
  rootFunction: string
  /** Expressions of `variables`. */
  conditions: readonly string[]
  /** How many there are of each. */
  enums: number
  kinds: number
}

/** An expression that is the whole program. */
export function assembleProgram({ texts, rootFunction, conditions, enums, kinds }: ProgramParts): string {
  const count = (number: number, line: (index: number) => string) =>
    Array.from({ length: number }, (_, index) => line(index))
  return [
    '(() => {',
    ...count(enums, (index) => `const enum${index} = enums[${index}]`),
    ...count(kinds, (index) => `const kind${index} = kinds[${index}]`),
    ...conditions.map((_, index) => `let condition${index}`),
    ...texts,
    'return (root, variables) => {',
    ...conditions.map((condition, index) => `condition${index} = ${condition}`),
    `return ${rootFunction}(root)`,
    '}',
    '})()',
  ].join('\n')
}

import { read } from '../code.ts'
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

/** A function of a value that is not null, which may not be needed: the engine compiles it when it is called first. */
export function functionText(name: string, about: string, body: readonly string[]): string {
  return [`function ${name}(v) { // ${about}`, ...body, '}'].join('\n')
}

/** The same, where it is needed at once: what is in parentheses is read once, and compiled with the program. */
export function neededFunctionText(name: string, about: string, body: readonly string[]): string {
  return [`var ${name} = (function (v) { // ${about}`, ...body, '})'].join('\n')
}

/** A function of an object that is in many places: the text that it returned without a complaint is kept with the object. */
export function keptFunctionText(name: string, about: string, body: readonly string[]): string {
  return [
    `const text_${name} = Symbol()`,
    `function ${name}(v) { return v[text_${name}] ?? keep(v, text_${name}, write_${name}) }`,
    neededFunctionText(`write_${name}`, about, body),
  ].join('\n')
}

/** An expression: whether a value that is not null is no object. An object may have a field that is called rawJSON. */
export function notAnObject(x: string): string {
  return `typeof ${x} !== "object" || Array.isArray(${x}) || (${x}.rawJSON !== undefined && JSON.isRawJSON(${x}))`
}

/** An expression: whether a value is, as it is, one of a scalar; of custom ones only strings are. */
export function isOfScalar(type: string, x: string): string {
  if (type === 'Int') return `typeof ${x} === "number" && (${x} | 0) === ${x}`
  if (type === 'Float') return `typeof ${x} === "number" && ${x} - ${x} === 0`
  return `typeof ${x} === ${type === 'Boolean' ? '"boolean"' : '"string"'}`
}

/** What a text is made of: a piece of it, or an expression for one. */
export type Part = { text: string } | { code: string }

/** An expression for the text of all parts: pieces that stand beside each other are one, since every `+` makes a string. */
export function sumOf(parts: readonly Part[]): string {
  const terms: string[] = []
  let text = ''
  for (const part of parts) {
    if ('text' in part) {
      text += part.text
      continue
    }
    // With a number first this would be a sum of numbers.
    if (text !== '' || terms.length === 0) terms.push(JSON.stringify(text))
    terms.push(part.code)
    text = ''
  }
  if (text !== '' || terms.length === 0) terms.push(JSON.stringify(text))
  return terms.join(' + ')
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
    'let isPlain = false',
    `const quoted = (text) => isPlain ? '"' + text + '"' : escaped(text)`,
    'return (root, variables, hasEscapes) => {',
    'isPlain = !hasEscapes',
    ...conditions.map((condition, index) => `condition${index} = ${condition}`),
    `return ${rootFunction}(root)`,
    '}',
    '})()',
  ].join('\n')
}

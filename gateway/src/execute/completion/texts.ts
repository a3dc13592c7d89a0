import { sumOf, type Part } from './program-text.ts'

/** How the text of a value is made of the value, which is in a variable. */
export interface Completed {
  /** Statements that put the text into the variable, or return. */
  steps: readonly string[]
  /**
   * Of leaves: that the value is as most are, and no string of the answer has to be escaped, is an expression; its text
   * then is these parts.
   */
  usual?: { when: string; parts: readonly Part[] }
}

export interface CompletedValue extends Completed {
  /** An expression for what is there; it has no effects. */
  value: string
}

/** What completes a field of an object. */
export interface CompletedField extends CompletedValue {
  /** The client's response name. */
  name: string
  /** The variable. */
  x: string
}

export interface LeafOptions {
  x: string
  /** Of the site. */
  number: number
  isNonNull: boolean
  /** An expression: whether the value is one of the type as it is. */
  isOne: string
  /** Whether values of the type are strings. */
  isQuoted: boolean
}

export function completeLeaf({ x, number, isNonNull, isOne, isQuoted }: LeafOptions): Completed {
  const written = isQuoted ? `quoted(${x})` : `"" + ${x}`
  if (isNonNull) {
    const parts: Part[] = isQuoted ? [{ text: '"' }, { code: x }, { text: '"' }] : [{ code: x }]
    return {
      steps: [`if ((${x} = ${isOne} ? ${written} : leaf(${x}, ${number})) === undefined) return`],
      usual: { when: isOne, parts },
    }
  }
  const quotedOrNull = `(${x} === null ? "null" : '"' + ${x} + '"')`
  return {
    steps: [`${x} = ${isOne} ? ${written} : ${x} === null ? "null" : leaf(${x}, ${number})`],
    usual: { when: `(${x} === null || ${isOne})`, parts: [{ code: isQuoted ? quotedOrNull : x }] },
  }
}

export interface ObjectTextOptions {
  /** Whether these are all fields of the object. */
  isWhole: boolean
  /** Makes a function of an object of statements, and returns its name. */
  apart: (body: readonly string[]) => string
}

/**
 * Statements that complete an object of some fields and return its text; when that is not the whole of it, they leave it
 * without its end in `r`. Most objects hold what they should: then their leaves are written in one go. What does the rest
 * is a function apart, which the engine does not compile before it is needed.
 */
export function objectText(fields: readonly CompletedField[], { isWhole, apart }: ObjectTextOptions): string[] {
  const texts = fields.map(({ name }, index): Part => ({ text: `${index === 0 ? '{' : ','}"${name}":` }))
  const finish = (partsOf: (field: CompletedField) => readonly Part[]): string => {
    const parts = fields.flatMap((field, index) => [...texts.slice(index, index + 1), ...partsOf(field)])
    if (!isWhole) return `r = ${sumOf(parts)}`
    return `return ${sumOf(fields.length === 0 ? [{ text: '{}' }] : [...parts, { text: '}' }])}`
  }
  const whens = fields.flatMap(({ usual }) => usual?.when ?? [])
  const begin = [...fields.map(({ x, value }) => `let ${x} = ${value}`), ...(isWhole ? [] : ['let r'])]
  const each = [...fields.flatMap(({ steps }) => steps), finish(({ x }) => [{ code: x }])]
  if (whens.length === 0) return [...begin, ...each]
  return [
    ...begin,
    `if (isPlain && ${whens.join(' && ')}) {`,
    ...fields.flatMap(({ usual, steps }) => (usual ? [] : steps)),
    finish(({ x, usual }) => usual?.parts ?? [{ code: x }]),
    '}',
    ...(isWhole ? [`return ${apart([...begin, ...each])}(v)`] : ['else {', ...each, '}']),
  ]
}

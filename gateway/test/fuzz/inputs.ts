import {
  buildSchema,
  isScalarType,
  Kind,
  parseValue,
  valueFromAST,
  valueFromASTUntyped,
  type GraphQLSchema,
  type ValueNode,
} from 'graphql'
import { hash } from './choice.ts'

/** What every subgraph has. */
export const COMMON_TYPES = `
scalar Any
enum Color { RED GREEN BLUE }
input In { n: Int = 7 text: String colors: [Color!] = [BLUE] in: In }
`

export const ARGUMENT_TYPES = [
  'Int',
  'Int!',
  'String',
  'Boolean',
  'ID',
  'Float',
  'Color',
  'Color!',
  'In',
  'In!',
  '[Int!]',
  '[In]',
  '[[String]!]',
  'Any',
  'Any!',
  '[Any]',
]

const TEXTS = ['', 'a', 'name', '"quoted" \\ \n', 'ünï 🙂', '__proto__', '7', '\u2028']

/** What JavaScript would round is kept as it is written. */
const ANY_INPUTS = [
  0,
  'text',
  { n: 1, text: '"quoted"', list: [null, { b: 2, a: true }] },
  [],
  JSON.rawJSON('12345678901234567890'),
  { deep: [JSON.rawJSON('0.10000000000000000001'), JSON.rawJSON('-1e400')] },
  false,
  -2.5,
]

/** The same value for the same type and choice; 0 is the simplest. Not undefined, and null only where it may be. */
export function randomInput(type: string, choice: number, depth = 0): unknown {
  if (type.endsWith('!'))
    return randomInput(type.slice(0, -1), choice, depth) ?? inputOf(type.slice(0, -1), choice, depth)
  if (choice !== 0 && hash(choice, type, 'null', depth) % 6 === 0) return null
  return inputOf(type, choice, depth)
}

function inputOf(type: string, choice: number, depth: number): unknown {
  const number = choice === 0 ? 0 : hash(choice, type, depth)
  if (type.startsWith('[')) {
    const item = type.slice(1, -1)
    return Array.from({ length: number % 3 }, (_, index) => randomInput(item, hash(choice, index), depth + 1))
  }
  switch (type) {
    case 'Int':
      return (number % 7) - 3
    case 'Float':
      return [0, 0.5, -1.25, 1e21, 3][number % 5]
    case 'Boolean':
      return number % 2 === 1
    case 'Color':
      return ['RED', 'GREEN', 'BLUE'][number % 3]
    case 'In': {
      const fields: Record<string, unknown> = {}
      if (number & 1) fields['n'] = randomInput('Int', number, depth + 1)
      if (number & 2) fields['text'] = randomInput('String', number, depth + 1)
      if (number & 4) fields['colors'] = randomInput('[Color!]', number, depth + 1)
      if (number & 8 && depth < 3) fields['in'] = randomInput('In', number, depth + 1)
      return fields
    }
    case 'Any':
      return ANY_INPUTS[number % ANY_INPUTS.length]
    default:
      return TEXTS[number % TEXTS.length]
  }
}

/** A value as GraphQL text. */
export function printLiteral(type: string, value: unknown): string {
  if (value === null || value === undefined) return 'null'
  const bare = type.replace(/!$/, '')
  if (bare === 'Any') return printAny(value)
  if (Array.isArray(value)) return `[${value.map((item) => printLiteral(bare.slice(1, -1), item)).join(', ')}]`
  if (bare === 'Color' && typeof value === 'string') return value
  if (typeof value === 'object') {
    const types: Record<string, string> = { n: 'Int', text: 'String', colors: '[Color!]', in: 'In' }
    return `{${Object.entries(value)
      .map(([name, field]) => `${name}: ${printLiteral(types[name] ?? 'Int', field)}`)
      .join(', ')}}`
  }
  return JSON.stringify(value)
}

function printAny(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(printAny).join(', ')}]`
  if (value === null || typeof value !== 'object' || JSON.isRawJSON(value)) return JSON.stringify(value)
  return `{${Object.entries(value)
    .map(([name, field]) => `${name}: ${printAny(field)}`)
    .join(', ')}}`
}

/** Has literals for `Any` keep their digits, as the gateway does, and graphql-js does not. */
export function keepDigits(schema: GraphQLSchema): GraphQLSchema {
  const any = schema.getType('Any')
  if (isScalarType(any)) any.parseLiteral = exactValue
  return schema
}

function exactValue(node: ValueNode, variables?: Record<string, unknown> | null): unknown {
  switch (node.kind) {
    case Kind.INT:
    case Kind.FLOAT: {
      const number = Number(node.value)
      return String(number) === node.value ? number : JSON.rawJSON(node.value)
    }
    case Kind.LIST:
      return node.values.map((item) => exactValue(item, variables))
    case Kind.OBJECT:
      return Object.fromEntries(node.fields.map(({ name, value }) => [name.value, exactValue(value, variables)]))
    default:
      return valueFromASTUntyped(node, variables)
  }
}

/** A schema with a field for each type of argument, to ask graphql-js what literals mean. */
const argumentSchema = keepDigits(
  buildSchema(
    `${COMMON_TYPES} type Query { ${ARGUMENT_TYPES.map((type, index) => `f${index}(a: ${type}): Int`).join(' ')} }`,
  ),
)

/** The value that a resolver receives for an argument in GraphQL text. */
export function coerceLiteral(type: string, text: string): unknown {
  const field = argumentSchema.getQueryType()?.getFields()[`f${ARGUMENT_TYPES.indexOf(type)}`]
  const [argument] = field?.args ?? []
  return argument && valueFromAST(parseValue(text), argument.type)
}

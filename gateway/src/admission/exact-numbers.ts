import {
  getNullableType,
  isInputObjectType,
  isInputType,
  isListType,
  isSpecifiedScalarType,
  isEnumType,
  GraphQLID,
  typeFromAST,
  type GraphQLInputType,
  type GraphQLSchema,
  type VariableDefinitionNode,
} from 'graphql'
import type { RawNumber } from '../lossless-json.ts'

type Variables = Readonly<Record<string, unknown>>

/**
 * Makes numbers that kept their digits into what graphql-js takes for one, where the type is known: IDs become text, all
 * others numbers. What custom scalars stand for is for subgraphs to know, and they get the digits as they were sent. The
 * variables themselves, if there is no such number.
 */
export function withKnownNumbers(
  variables: Variables,
  { definitions, schema }: { definitions: readonly VariableDefinitionNode[]; schema: GraphQLSchema },
): Variables {
  if (!Object.values(variables).some(holdsRaw)) return variables
  const known: Record<string, unknown> = { ...variables }
  for (const { variable, type: node } of definitions) {
    const type = typeFromAST(schema, node)
    const name = variable.name.value
    if (isInputType(type) && Object.hasOwn(known, name)) known[name] = knownValue(known[name], type)
  }
  return known
}

function holdsRaw(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return JSON.isRawJSON(value) || Object.values(value).some(holdsRaw)
}

function knownValue(value: unknown, declared: GraphQLInputType): unknown {
  if (typeof value !== 'object' || value === null) return value
  const type = getNullableType(declared)
  if (isListType(type)) {
    return Array.isArray(value) ? value.map((item) => knownValue(item, type.ofType)) : knownValue(value, type.ofType)
  }
  if (JSON.isRawJSON(value)) {
    if (type === GraphQLID) return textOf(value)
    return isSpecifiedScalarType(type) || isEnumType(type) || isInputObjectType(type) ? Number(value.rawJSON) : value
  }
  if (!isInputObjectType(type)) return value
  const fields = type.getFields()
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => {
      const field = Object.hasOwn(fields, name) ? fields[name] : undefined
      return [name, field ? knownValue(item, field.type) : item]
    }),
  )
}

/** Of a whole number its digits; another one is no ID, and graphql-js says so. */
function textOf({ rawJSON }: RawNumber): string | number {
  return /^-?\d+$/.test(rawJSON) ? rawJSON : Number(rawJSON)
}

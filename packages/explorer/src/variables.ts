import {
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isRequiredInputField,
  Kind,
  parse,
  typeFromAST,
  valueFromASTUntyped,
  type GraphQLInputType,
  type GraphQLSchema,
  type VariableDefinitionNode,
} from 'graphql'

type Schema = GraphQLSchema | null | undefined

/**
 * Values to start from for the variables of an operation: its defaults, and for what it requires something of the right
 * shape. What may be left out is left out.
 */
export function exampleVariables(query: string, schema: Schema): Record<string, unknown> {
  const operation = parse(query).definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION)
  const definitions = operation?.variableDefinitions ?? []
  return Object.fromEntries(
    definitions
      .filter(({ type, defaultValue }) => defaultValue !== undefined || type.kind === Kind.NON_NULL_TYPE)
      .map((definition) => [definition.variable.name.value, exampleOfVariable(definition, schema)]),
  )
}

function exampleOfVariable({ type, defaultValue }: VariableDefinitionNode, schema: Schema): unknown {
  if (defaultValue) return valueFromASTUntyped(defaultValue)
  // The name of an input type in an operation that fits the schema.
  return schema ? exampleOf(typeFromAST(schema, type) as GraphQLInputType | undefined) : null
}

const OF_SCALARS: Readonly<Record<string, unknown>> = { Int: 1, Float: 1, Boolean: false }

/** Within itself an input type is left out: it can only be in a list, which may be empty. */
function exampleOf(type: GraphQLInputType | undefined, within: readonly unknown[] = []): unknown {
  if (!type) return null
  const nullable = getNullableType(type)
  if (isListType(nullable)) {
    const item = getNullableType(nullable.ofType)
    return within.includes(item) ? [] : [exampleOf(item, within)]
  }
  if (isEnumType(nullable)) return nullable.getValues()[0]?.name
  if (!isInputObjectType(nullable)) return OF_SCALARS[nullable.name] ?? ''
  const required = Object.values(nullable.getFields()).filter(isRequiredInputField)
  return Object.fromEntries(required.map((field) => [field.name, exampleOf(field.type, [...within, nullable])]))
}

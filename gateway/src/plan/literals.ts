import {
  GraphQLFloat,
  isInputType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isScalarType,
  isSpecifiedScalarType,
  Kind,
  TypeInfo,
  typeFromAST,
  visit,
  visitWithTypeInfo,
  type DocumentNode,
  type GraphQLInputType,
  type GraphQLSchema,
  type ValueNode,
  type VariableDefinitionNode,
} from 'graphql'
import { internalName } from './internal-names.ts'

/** An operation whose numbers survive the planner, and the values that its text does not hold any more. */
export interface LiftedLiterals {
  document: DocumentNode
  /** By the name of the variable that has taken the place of a literal. */
  values: ReadonlyMap<string, unknown>
  /** Default values of the client's variables, with all digits: for each that a request gives no value. */
  defaults: ReadonlyMap<string, unknown>
}

const NOTHING: ReadonlyMap<string, unknown> = new Map()

/**
 * The planner makes JavaScript's numbers of the numbers in a document: 12345678901234567890 reaches a subgraph as
 * 12345678901234567000, 1.50 as 1.5, and 1e400 is an error. Those become variables, whose values `JSON.rawJSON` keeps.
 */
export function liftLiterals(document: DocumentNode, schema: GraphQLSchema): LiftedLiterals {
  if (!holdsLossyNumber(document)) return { document, values: NOTHING, defaults: NOTHING }
  const values = new Map<string, unknown>()
  const defaults = new Map<string, unknown>()
  const definitions = new Map<string, VariableDefinitionNode>()
  const types = new TypeInfo(schema)

  /** Puts a variable in the place of a value that would change, or of the parts of it which would. */
  function lift(value: ValueNode, type: GraphQLInputType): ValueNode {
    if (value.kind === Kind.VARIABLE || !changes(value, type)) return value
    if (isNonNullType(type)) return lift(value, type.ofType)
    if (isListType(type)) {
      const of: GraphQLInputType = type.ofType
      // One value stands for a list of one, but no variable does.
      const items = value.kind === Kind.LIST ? value.values : [value]
      return { kind: Kind.LIST, values: items.map((item) => lift(item, of)) }
    }
    if (value.kind === Kind.OBJECT && isInputObjectType(type)) {
      const declared = type.getFields()
      const fields = value.fields.map((field) => {
        const of = declared[field.name.value]?.type
        return of ? { ...field, value: lift(field.value, of) } : field
      })
      return { ...value, fields }
    }
    if (holdsVariable(value)) {
      if (value.kind === Kind.LIST) return { ...value, values: value.values.map((item) => lift(item, type)) }
      if (value.kind === Kind.OBJECT) {
        return { ...value, fields: value.fields.map((field) => ({ ...field, value: lift(field.value, type) })) }
      }
    }
    return variableFor(value, type.name)
  }

  function variableFor(value: ValueNode, typeName: string): ValueNode {
    const json = toJson(value)
    const name = internalName(`${typeName} ${JSON.stringify(json)}`)
    const variable = { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: name } } as const
    const named = { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: typeName } } as const
    values.set(name, json)
    definitions.set(name, {
      kind: Kind.VARIABLE_DEFINITION,
      variable,
      type: { kind: Kind.NON_NULL_TYPE, type: named },
    })
    return variable
  }

  const visited = visit(
    document,
    visitWithTypeInfo(types, {
      VariableDefinition(definition) {
        const { defaultValue, type: node, variable } = definition
        const type = typeFromAST(schema, node)
        if (!defaultValue || !type || !isInputType(type) || !changes(defaultValue, type)) return false
        defaults.set(variable.name.value, toJson(defaultValue))
        // It stays, since it may be what makes the variable fit where it is used; no subgraph ever needs it.
        return { ...definition, defaultValue: visit(defaultValue, { IntValue: zero, FloatValue: zero }) }
      },
      Argument: {
        leave(argument) {
          const type = types.getArgument()?.type
          const value = type ? lift(argument.value, type) : argument.value
          return value === argument.value ? undefined : { ...argument, value }
        },
      },
    }),
  )
  const withDefinitions = visit(visited, {
    OperationDefinition: (node) =>
      definitions.size === 0
        ? false
        : { ...node, variableDefinitions: [...(node.variableDefinitions ?? []), ...definitions.values()] },
    FragmentDefinition: () => false,
    SelectionSet: () => false,
  })
  return { document: withDefinitions, values, defaults }
}

function holdsLossyNumber(document: DocumentNode): boolean {
  let found = false
  const look = ({ value }: { value: string }): void => void (found ||= String(Number(value)) !== value)
  visit(document, { IntValue: look, FloatValue: look })
  return found
}

/** Whether the planner makes another value of it. */
function changes(value: ValueNode, type: GraphQLInputType): boolean {
  if (isNonNullType(type)) return changes(value, type.ofType)
  if (value.kind === Kind.LIST) {
    const of = isListType(type) ? type.ofType : type
    return value.values.some((item) => changes(item, of))
  }
  if (isListType(type)) return changes(value, type.ofType)
  if (value.kind === Kind.OBJECT) {
    return value.fields.some((field) => {
      const of = isInputObjectType(type) ? type.getFields()[field.name.value]?.type : type
      return of !== undefined && changes(field.value, of)
    })
  }
  if ((value.kind !== Kind.INT && value.kind !== Kind.FLOAT) || !isScalarType(type)) return false
  // The planner writes an ID as it was; an Int has too few digits to lose any, and no -0.
  if (isSpecifiedScalarType(type) && type.name !== GraphQLFloat.name) return false
  if (type.name === GraphQLFloat.name) return losesDigits(value.value)
  return String(Number(value.value)) !== value.value
}

/** Whether a double holds another number; a double is what a Float is. */
function losesDigits(text: string): boolean {
  const number = Number(text)
  const digits = text.replace(/e.*/i, '').replaceAll(/[-.]/g, '').replace(/^0+/, '')
  return !Number.isFinite(number) || Object.is(number, -0) || digits.length > 15
}

function holdsVariable(value: ValueNode): boolean {
  let found = false
  visit(value, { Variable: () => void (found = true) })
  return found
}

function zero() {
  return { kind: Kind.INT, value: '0' } as const
}

/** A literal as the value of a variable. */
function toJson(value: ValueNode): unknown {
  switch (value.kind) {
    case Kind.INT:
    case Kind.FLOAT:
      return JSON.rawJSON(value.value)
    case Kind.STRING:
    case Kind.ENUM:
    case Kind.BOOLEAN:
      return value.value
    case Kind.NULL:
      return null
    case Kind.LIST:
      return value.values.map(toJson)
    case Kind.OBJECT:
      return Object.fromEntries(value.fields.map((field) => [field.name.value, toJson(field.value)]))
    default:
      throw new Error(`No constant: ${value.kind}.`)
  }
}

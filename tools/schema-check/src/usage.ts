import {
  GraphQLError,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isUnionType,
  Kind,
  TypeInfo,
  typeFromAST,
  visit,
  validate,
  visitWithTypeInfo,
  type ASTVisitor,
  type DocumentNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  type GraphQLType,
} from 'graphql'
import { parseOperation, type OperationFile } from './operation-file.ts'

/**
 * Makes a function that names the files of those operations that depend on a coordinate of their schema. Operations that
 * are not valid in it depend on nothing.
 */
export function createUsers(
  schema: GraphQLSchema,
  operations: readonly OperationFile[],
): (coordinate: string) => string[] {
  const all = operations.flatMap((operation) => {
    const document = parseOperation(operation)
    if (document instanceof GraphQLError || validate(schema, document).length > 0) return []
    return [{ file: operation.file, used: findUsedCoordinates(schema, document) }]
  })
  return (coordinate) => all.filter(({ used }) => used.has(coordinate)).map(({ file }) => file)
}

/**
 * The coordinates in a schema that a valid document depends on: types, fields (of an interface, those of its
 * implementations too), members that it selects of a union (as `Union.Member`), arguments that it gives, and of inputs in
 * variables everything that may be in them.
 */
export function findUsedCoordinates(schema: GraphQLSchema, document: DocumentNode): Set<string> {
  const used = new Set<string>()
  const info = new TypeInfo(schema)
  const use = (type: GraphQLType | null | undefined): GraphQLNamedType | undefined => {
    const named = type ? getNamedType(type) : undefined
    if (named) used.add(named.name)
    return named
  }
  /** The coordinates of the field that is being visited. */
  const currentFields = () => {
    const parent = info.getParentType()
    const field = info.getFieldDef()
    if (!parent || !field) return []
    const { interfaces = [], objects = [] } = isInterfaceType(parent) ? schema.getImplementations(parent) : {}
    return [parent, ...interfaces, ...objects].map(({ name }) => `${name}.${field.name}`)
  }
  const fragmentTypes = new Map(
    document.definitions
      .filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
      .map(({ name, typeCondition }) => [name.value, schema.getType(typeCondition.name.value)]),
  )
  const useMember = (type: GraphQLType | null | undefined): void => {
    const member = use(type)
    const parent = info.getParentType()
    if (member && isUnionType(parent)) used.add(`${parent.name}.${member.name}`)
  }
  const visitor: ASTVisitor = {
    VariableDefinition: ({ type }) => useWholeInput(typeFromAST(schema, type), used),
    InlineFragment: () => useMember(info.getType()),
    FragmentSpread: ({ name }) => useMember(fragmentTypes.get(name.value)),
    FragmentDefinition: () => void use(info.getType()),
    Field() {
      use(info.getParentType())
      use(info.getType())
      for (const coordinate of currentFields()) used.add(coordinate)
    },
    Argument({ name }) {
      if (info.getDirective()) return
      for (const coordinate of currentFields()) used.add(`${coordinate}.${name.value}`)
    },
    ObjectField({ name }) {
      const parent = use(info.getParentInputType())
      if (parent) used.add(`${parent.name}.${name.value}`)
    },
    EnumValue({ value }) {
      const type = use(info.getInputType())
      if (type) used.add(`${type.name}.${value}`)
    },
  }
  visit(document, visitWithTypeInfo(info, visitor))
  return used
}

function useWholeInput(type: GraphQLType | undefined, used: Set<string>, within = new Set<string>()): void {
  const named = type && getNamedType(type)
  if (!named || within.has(named.name)) return
  within.add(named.name)
  used.add(named.name)
  if (isEnumType(named)) for (const { name } of named.getValues()) used.add(`${named.name}.${name}`)
  if (!isInputObjectType(named)) return
  for (const field of Object.values(named.getFields())) {
    used.add(`${named.name}.${field.name}`)
    useWholeInput(field.type, used, within)
  }
}

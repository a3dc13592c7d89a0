import {
  buildASTSchema,
  isCompositeType,
  Kind,
  parse,
  printSchema,
  visit,
  type FieldDefinitionNode,
  type GraphQLSchema,
  type NamedTypeNode,
  type TypeNode,
} from 'graphql'

/** The field of the query root by which answers hold what `__schema` and `__type` told. */
export const INTROSPECTION = '__introspection'

/** The type of every value that is no object. */
const LEAF = '__Leaf'

/**
 * A schema as far as answers show it: objects, interfaces, unions, lists, and what may be null. Values are of one scalar
 * that lets everything pass, and fields have no arguments. The names that are added are of those that no other schema may
 * have.
 */
export function shapeOf(schema: GraphQLSchema): GraphQLSchema {
  const queryName = schema.getQueryType()?.name
  const document = visit(parse(printSchema(schema), { noLocation: true }), {
    ScalarTypeDefinition: () => null,
    EnumTypeDefinition: () => null,
    InputObjectTypeDefinition: () => null,
    DirectiveDefinition: () => null,
    ObjectTypeDefinition: (type) =>
      type.name.value === queryName ? { ...type, fields: [...(type.fields ?? []), INTROSPECTED] } : undefined,
    FieldDefinition: (field) => ({ ...field, arguments: [], directives: [], type: shapeOfType(field.type, schema) }),
  })
  const leaf = parse(`scalar ${LEAF}`).definitions
  return buildASTSchema({ ...document, definitions: [...document.definitions, ...leaf] }, { assumeValid: true })
}

const INTROSPECTED: FieldDefinitionNode = {
  kind: Kind.FIELD_DEFINITION,
  name: { kind: Kind.NAME, value: INTROSPECTION },
  type: namedType(LEAF),
}

function shapeOfType(type: TypeNode, schema: GraphQLSchema): TypeNode {
  return visit(type, {
    NamedType: ({ name: { value: name } }) => (isCompositeType(schema.getType(name)) ? undefined : namedType(LEAF)),
  })
}

function namedType(value: string): NamedTypeNode {
  return { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value } }
}

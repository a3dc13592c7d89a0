import {
  Kind,
  parse,
  print,
  visit,
  type ConstDirectiveNode,
  type FieldDefinitionNode,
  type ObjectTypeDefinitionNode,
  type ObjectTypeExtensionNode,
} from 'graphql'
import type { BenchGraph } from './graph.ts'

const KNOWN = new Set(['key', 'external', 'requires', 'provides', 'deprecated', 'specifiedBy'])
const ROOTS = new Set(['Query', 'Mutation', 'Subscription'])

/**
 * The subgraphs' schemas as the first version of federation has them: root types are extended, an entity belongs to one
 * subgraph and is extended by the others, and there are no directives but its own.
 */
export function federation1(graph: BenchGraph): { name: string; sdl: string }[] {
  return graph.subgraphs.map(({ name, sdl }) => {
    const document = visit(parse(sdl), {
      SchemaExtension: () => null,
      SchemaDefinition: () => null,
      DirectiveDefinition: () => null,
      Directive: (node) => (KNOWN.has(node.name.value) ? undefined : null),
    })
    const definitions = document.definitions.map((definition) =>
      definition.kind === Kind.OBJECT_TYPE_DEFINITION ? asOwned(definition, { graph, subgraph: name }) : definition,
    )
    return { name, sdl: print({ ...document, definitions }) }
  })
}

function asOwned(
  type: ObjectTypeDefinitionNode,
  { graph, subgraph }: { graph: BenchGraph; subgraph: string },
): ObjectTypeDefinitionNode | ObjectTypeExtensionNode {
  const keys = (type.directives ?? []).filter(({ name }) => name.value === 'key').map(withoutResolvable)
  const others = (type.directives ?? []).filter(({ name }) => name.value !== 'key')
  const owner = graph.owners[type.name.value]
  const isRoot = ROOTS.has(type.name.value)
  const directives = [...others, ...keys]
  if (!isRoot && (owner === undefined || owner === subgraph)) return { ...type, directives }
  const keyFields = new Set(keys.flatMap(({ arguments: [fields] = [] }) => wordsIn(fields && print(fields.value))))
  const { description: _, ...rest } = type
  const fields = (type.fields ?? []).map((field) => (keyFields.has(field.name.value) ? asExternal(field) : field))
  return { ...rest, kind: Kind.OBJECT_TYPE_EXTENSION, directives, fields }
}

function withoutResolvable(key: ConstDirectiveNode): ConstDirectiveNode {
  return { ...key, arguments: (key.arguments ?? []).filter(({ name }) => name.value === 'fields') }
}

function asExternal(field: FieldDefinitionNode): FieldDefinitionNode {
  const name = { kind: Kind.NAME, value: 'external' } as const
  return { ...field, directives: [...(field.directives ?? []), { kind: Kind.DIRECTIVE, name }] }
}

function wordsIn(text: string | undefined): string[] {
  return text?.match(/\w+/g) ?? []
}

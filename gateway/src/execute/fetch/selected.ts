import {
  getDirectiveValues,
  getNamedType,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  isInterfaceType,
  isObjectType,
  Kind,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import { responseNameOf } from '../../operation.ts'
import type { Tree } from '../tree.ts'
import type { MatchesType } from './representation.ts'

/** What objects at one place are asked for. */
export interface Selected {
  /** The type that the schema declares for them. */
  declared: string | undefined
  /** The name of an object's type; undefined: nobody has told. */
  typeOf: (object: Tree) => string | undefined
  /** The fields of objects of a type, by response name; without a type, all that any of them has. */
  fieldsOf: (typename: string | undefined) => ReadonlyMap<string, SelectedField>
}

export interface SelectedField {
  /** The name of the field. */
  name: string
  /** What its objects are asked for; undefined: it has none. */
  below: Selected | undefined
}

export interface SelectedOptions {
  schema: GraphQLSchema
  matches: MatchesType
  fragmentNamed: (name: string) => FragmentDefinitionNode | undefined
  /** Those of conditions are booleans. */
  variables: Readonly<Record<string, unknown>>
}

/** Reads selection sets, and those below, as far as somebody asks. `type` is that of all objects there, if it is known. */
export function createSelected(
  sets: readonly SelectionSetNode[],
  type: GraphQLNamedType | undefined,
  options: SelectedOptions,
): Selected {
  const { schema, matches, fragmentNamed, variables } = options
  const known = new Map<string | undefined, ReadonlyMap<string, SelectedField>>()

  function collect(set: SelectionSetNode, typename: string | undefined, found: Map<string, FieldNode[]>): void {
    for (const selection of set.selections) {
      if (!isIncluded(selection, variables)) continue
      if (selection.kind === Kind.FIELD) {
        const name = responseNameOf(selection)
        found.set(name, [...(found.get(name) ?? []), selection])
        continue
      }
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragmentNamed(selection.name.value)
      const condition = fragment?.typeCondition?.name.value
      const applies = condition === undefined || typename === undefined || matches(typename, condition)
      if (fragment && applies) collect(fragment.selectionSet, typename, found)
    }
  }

  function read(typename: string | undefined): ReadonlyMap<string, SelectedField> {
    const found = new Map<string, FieldNode[]>()
    for (const set of sets) collect(set, typename, found)
    const parent = typename === undefined ? undefined : schema.getType(typename)
    const definitions = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields() : {}
    const fields = Array.from(found, ([responseName, nodes]): [string, SelectedField] => {
      const name = nodes[0]?.name.value ?? responseName
      const definition = definitions[name]
      const inner = nodes.map(({ selectionSet }) => selectionSet).filter((set) => set !== undefined)
      const below = createSelected(inner, definition && getNamedType(definition.type), options)
      return [responseName, { name, below: inner.length > 0 ? below : undefined }]
    })
    return new Map(fields)
  }

  return {
    declared: type?.name,
    typeOf({ __typename: told }) {
      if (isObjectType(type)) return type.name
      return typeof told === 'string' ? told : undefined
    },
    fieldsOf(typename) {
      let fields = known.get(typename)
      if (!fields) known.set(typename, (fields = read(typename)))
      return fields
    },
  }
}

function isIncluded(selection: SelectionNode, variables: SelectedOptions['variables']): boolean {
  if (!selection.directives?.length) return true
  if (getDirectiveValues(GraphQLSkipDirective, selection, variables)?.['if'] === true) return false
  return getDirectiveValues(GraphQLIncludeDirective, selection, variables)?.['if'] !== false
}

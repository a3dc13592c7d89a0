import {
  getDirectiveValues,
  getNamedType,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import type { Operation } from './operation.ts'

/** A place of an operation where a field is selected; one in a fragment has a site for each spread of it. */
export interface FieldSite {
  field: FieldNode
  definition: GraphQLField<unknown, unknown>
  /** What the selection set is on: an object, or an interface that stands for several. */
  parentType: GraphQLCompositeType
  /** The name in the response: the alias, or else the field's name. */
  responseName: string
  /** The field whose selection set it is in; undefined at the root. */
  parent: FieldSite | undefined
}

/**
 * The sites of an operation in the order of its text, parents before children, meta fields such as `__typename` left out.
 * With `variables`, what `@skip` and `@include` take out is left out; without, everything counts as selected.
 */
export function* fieldSites(
  operation: Operation,
  schema: GraphQLSchema,
  variables?: Readonly<Record<string, unknown>>,
): Generator<FieldSite> {
  const root = schema.getRootType(operation.definition.operation)
  if (!root) return

  function* within(
    { selections }: SelectionSetNode,
    parentType: GraphQLCompositeType,
    parent: FieldSite | undefined,
  ): Generator<FieldSite> {
    for (const selection of selections) {
      if (variables && !isSelected(selection, variables)) continue
      if (selection.kind === Kind.FIELD) yield* at(selection, parentType, parent)
      else {
        const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? operation.fragments[selection.name.value] : selection
        if (!fragment) continue
        const condition = fragment.typeCondition && schema.getType(fragment.typeCondition.name.value)
        yield* within(fragment.selectionSet, isCompositeType(condition) ? condition : parentType, parent)
      }
    }
  }

  function* at(
    field: FieldNode,
    parentType: GraphQLCompositeType,
    parent: FieldSite | undefined,
  ): Generator<FieldSite> {
    const hasFields = isObjectType(parentType) || isInterfaceType(parentType)
    const definition = hasFields ? parentType.getFields()[field.name.value] : undefined
    if (!definition) return
    const site = { field, definition, parentType, responseName: field.alias?.value ?? field.name.value, parent }
    yield site
    const type = getNamedType(definition.type)
    if (field.selectionSet && isCompositeType(type)) yield* within(field.selectionSet, type, site)
  }

  yield* within(operation.definition.selectionSet, root, undefined)
}

function isSelected(node: SelectionNode, variables: Readonly<Record<string, unknown>>): boolean {
  if (getDirectiveValues(GraphQLSkipDirective, node, variables)?.['if'] === true) return false
  return getDirectiveValues(GraphQLIncludeDirective, node, variables)?.['if'] !== false
}

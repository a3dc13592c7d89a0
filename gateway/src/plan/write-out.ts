import {
  doTypesOverlap,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  isUnionType,
  Kind,
  getNamedType,
  type GraphQLCompositeType,
  type GraphQLSchema,
  type InlineFragmentNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import type { Operation } from '../operation.ts'

type Written = Pick<Operation, 'document' | 'definition' | 'fragments' | 'switches'>

/**
 * The same operation without named fragments, and with fragments on objects in the place of those on interfaces and unions
 * that cut across the type which they are in. The planner fails on some of the latter where interface objects are.
 */
export function writeOut(operation: Written, schema: GraphQLSchema): Written {
  const { definition, fragments } = operation
  const root = schema.getRootType(definition.operation)
  if (!root) return operation

  function written({ selections }: SelectionSetNode, type: GraphQLCompositeType): SelectionSetNode {
    return { kind: Kind.SELECTION_SET, selections: selections.flatMap((selection) => one(selection, type)) }
  }

  function one(selection: SelectionNode, type: GraphQLCompositeType): SelectionNode[] {
    if (selection.kind === Kind.FIELD) {
      const field = 'getFields' in type ? type.getFields()[selection.name.value] : undefined
      const returned = field && getNamedType(field.type)
      if (!selection.selectionSet || !isCompositeType(returned)) return [selection]
      return [{ ...selection, selectionSet: written(selection.selectionSet, returned) }]
    }
    const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments[selection.name.value] : selection
    if (!fragment) return []
    const condition = fragment.typeCondition ? schema.getType(fragment.typeCondition.name.value) : type
    if (!isCompositeType(condition)) return []
    return conditionsIn(type, condition).map((narrow): InlineFragmentNode => {
      return {
        kind: Kind.INLINE_FRAGMENT,
        ...(narrow !== type && {
          typeCondition: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: narrow.name } },
        }),
        directives: selection.directives ?? [],
        selectionSet: written(fragment.selectionSet, narrow),
      }
    })
  }

  /** The types whose fragments select what one on `condition` selects where `type` is. */
  function conditionsIn(type: GraphQLCompositeType, condition: GraphQLCompositeType): readonly GraphQLCompositeType[] {
    if (!doTypesOverlap(schema, type, condition)) return []
    if (isObjectType(type) || type === condition) return [type]
    if (isObjectType(condition) || (!isUnionType(condition) && schema.isSubType(type, condition))) return [condition]
    if (isInterfaceType(type) && schema.isSubType(condition, type)) return [type]
    const meant = new Set(schema.getPossibleTypes(condition))
    return schema.getPossibleTypes(type).filter((object) => meant.has(object))
  }

  const rewritten = { ...definition, selectionSet: written(definition.selectionSet, root) }
  return {
    ...operation,
    document: { kind: Kind.DOCUMENT, definitions: [rewritten] },
    definition: rewritten,
    fragments: {},
  }
}

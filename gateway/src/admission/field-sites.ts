import {
  getDirectiveValues,
  getNamedType,
  GraphQLError,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import { responseNameOf, type Operation } from '../operation.ts'

/**
 * A place of an operation where a field is selected; one in a fragment has a site for each spread of it. Sites whose
 * `sitePath` is the same are one field of the answer.
 */
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

/** Spreading fragments, and splitting fields by type, can make a huge operation of a small one; limits may be set high. */
export const MOST_SELECTIONS = 20_000

/**
 * The sites of an operation in the order of its text, parents before children, meta fields such as `__typename` left out.
 * With `variables`, what `@skip` and `@include` take out is left out; without, everything counts as selected.
 *
 * @throws GraphQLError `LIMIT_EXCEEDED` when there are more than 20,000.
 */
export function* fieldSites(
  operation: Operation,
  schema: GraphQLSchema,
  variables?: Readonly<Record<string, unknown>>,
): Generator<FieldSite> {
  const root = schema.getRootType(operation.definition.operation)
  if (!root) return
  let selections = 0

  function* within(
    set: SelectionSetNode,
    parentType: GraphQLCompositeType,
    parent: FieldSite | undefined,
  ): Generator<FieldSite> {
    for (const selection of set.selections) {
      selections += 1
      if (selections > MOST_SELECTIONS) throw tooLarge(MOST_SELECTIONS)
      if (variables && !isSelected(selection, variables)) continue
      if (selection.kind === Kind.FIELD) yield* at(selection, parentType, parent)
      else {
        const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? operation.fragments[selection.name.value] : selection
        if (!fragment) continue
        const condition = fragment.typeCondition && schema.getType(fragment.typeCondition.name.value)
        yield* within(fragment.selectionSet, narrowed(parentType, condition), parent)
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
    const site = { field, definition, parentType, responseName: responseNameOf(field), parent }
    yield site
    const type = getNamedType(definition.type)
    if (field.selectionSet && isCompositeType(type)) yield* within(field.selectionSet, type, site)
  }

  yield* within(operation.definition.selectionSet, root, undefined)
}

/** Where a site's field is in the answer: response names joined by dots, without list indices, such as `me.orders`. */
export function sitePath({ responseName, parent }: Pick<FieldSite, 'responseName' | 'parent'>): string {
  return pathIn(parent ? sitePath(parent) : '', responseName)
}

/** The path of a field in an object that is at a path; the root is at `''`. */
export function pathIn(parent: string, responseName: string): string {
  return parent === '' ? responseName : `${parent}.${responseName}`
}

/** The key of a site's field on objects of one type only. */
export function sitePathOn(path: string, type: GraphQLObjectType): string {
  return `${path}@${type.name}`
}

/** The types that an object may be of where a selection set is on a type. */
export function objectsOf(type: GraphQLCompositeType, schema: GraphQLSchema): readonly GraphQLObjectType[] {
  return isAbstractType(type) ? schema.getPossibleTypes(type) : [type]
}

/** What a fragment on `condition` selects from where `type` is. */
export function narrowed(type: GraphQLCompositeType, condition: GraphQLNamedType | undefined): GraphQLCompositeType {
  return isObjectType(type) || !isCompositeType(condition) ? type : condition
}

/** An operation that grows beyond reason once its fragments are spread, or its fields split by type. */
export function tooLarge(maximum: number): GraphQLError {
  return new GraphQLError(
    `The operation comes to more than ${maximum} fields; its fragments may be spread too often.`,
    {
      extensions: { code: 'LIMIT_EXCEEDED', limit: 'fields', maximum, http: { status: 400 } },
    },
  )
}

function isSelected(node: SelectionNode, variables: Readonly<Record<string, unknown>>): boolean {
  if (getDirectiveValues(GraphQLSkipDirective, node, variables)?.['if'] === true) return false
  return getDirectiveValues(GraphQLIncludeDirective, node, variables)?.['if'] !== false
}

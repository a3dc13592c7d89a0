import {
  getNamedType,
  isAbstractType,
  isCompositeType,
  Kind,
  visit,
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type FragmentSpreadNode,
  type GraphQLCompositeType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  type InlineFragmentNode,
  type NamedTypeNode,
  type NameNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import { responseNameOf, type Operation } from '../operation.ts'
import { MOST_SELECTIONS, narrowed, objectsOf, pathIn, tooLarge } from './field-sites.ts'
import { refusalAt, type Refusals } from './gate.ts'
import { operationOf } from './operations.ts'

export interface ReduceOptions {
  refusals: Refusals
  schema: GraphQLSchema
  /** Of the operation that is left. */
  key: string
}

/** Where a selection set is: at a path of the answer, on a type, which stands for some objects there. */
interface Place {
  path: string
  type: GraphQLCompositeType
  objects: readonly GraphQLObjectType[]
}

/**
 * Leaves refused fields out; one that is refused to some objects only is selected on each of the others. The client's
 * fragments become inline, since one spread of a fragment may lose other fields than the next. Objects of interfaces and unions
 * tell their type, for their refused fields to be found again; what type the root is needs not be asked. A client that calls
 * another field `__typename` is no matter: its response names are isolated before anything is planned.
 *
 * @throws GraphQLError `LIMIT_EXCEEDED` when more than 20,000 selections come of it.
 */
export function reduceOperation(operation: Operation, { refusals, schema, key }: ReduceOptions): Operation {
  const { definition, fragments, size } = operation
  const shared: FragmentDefinitionNode[] = []
  let selected = 0

  function reduceAll(selections: readonly SelectionNode[], place: Place): SelectionNode[] {
    return selections.flatMap((selection) => {
      selected += 1
      if (selected > MOST_SELECTIONS) throw tooLarge(MOST_SELECTIONS)
      return selection.kind === Kind.FIELD ? reduceField(selection, place) : reduceFragment(selection, place)
    })
  }

  function reduceFragment(node: FragmentSpreadNode | InlineFragmentNode, { path, type, objects }: Place) {
    const fragment = node.kind === Kind.FRAGMENT_SPREAD ? fragments[node.name.value] : node
    if (!fragment) return []
    const condition = fragment.typeCondition && schema.getType(fragment.typeCondition.name.value)
    const meant = isCompositeType(condition) ? objectsOf(condition, schema) : objects
    const matching = objects.filter((object) => meant.includes(object))
    if (matching.length === 0) return []
    const within = { path, type: narrowed(type, condition), objects: matching }
    const left = reduceAll(fragment.selectionSet.selections, within)
    // Also since the executor drops fragments on an object's interface that hold fragments on the object.
    const typeCondition = within.type === type ? undefined : fragment.typeCondition
    if (left.length === 0 || (!typeCondition && !node.directives?.length)) return left
    return [inlineFragment(left, typeCondition, node.directives)]
  }

  function reduceField(field: FieldNode, { path, type, objects }: Place): SelectionNode[] {
    if (field.name.value === '__typename') return path === '' ? [] : [field]
    const here = pathIn(path, responseNameOf(field))
    if (refusals.has(here)) return []
    const admitted = objects.filter((object) => !refusalAt(refusals, here, object))
    if (admitted.length === objects.length) return [reduceWithin(field, returnedBy(field, type), here)]
    const byReturned = Map.groupBy(admitted, (object) => returnedBy(field, object))
    return [...byReturned].flatMap(([returned, group]) => {
      const reduced = reduceWithin(field, returned, here)
      const selection = group.length > 1 ? withSharedSelections(reduced, returned) : reduced
      return group.map(({ name }) => inlineFragment([selection], namedType(name)))
    })
  }

  function reduceWithin(field: FieldNode, type: GraphQLNamedType | undefined, path: string): FieldNode {
    if (!field.selectionSet || !isCompositeType(type)) return field
    const left = reduceAll(field.selectionSet.selections, { path, type, objects: objectsOf(type, schema) })
    const selections = isAbstractType(type) || left.length === 0 ? [TYPENAME, ...left] : left
    return { ...field, selectionSet: { kind: Kind.SELECTION_SET, selections } }
  }

  /** Written out for each type, what splits at every level would double at every level. */
  function withSharedSelections(field: FieldNode, type: GraphQLNamedType | undefined): FieldNode {
    if (!field.selectionSet || !type) return field
    const name: NameNode = { kind: Kind.NAME, value: `Shared${shared.length + 1}` }
    shared.push({
      kind: Kind.FRAGMENT_DEFINITION,
      name,
      typeCondition: namedType(type.name),
      selectionSet: field.selectionSet,
    })
    return { ...field, selectionSet: { kind: Kind.SELECTION_SET, selections: [{ kind: Kind.FRAGMENT_SPREAD, name }] } }
  }

  const root = schema.getRootType(definition.operation)
  const selections = root
    ? reduceAll(definition.selectionSet.selections, { path: '', type: root, objects: [root] })
    : []
  const reduced = { ...definition, selectionSet: { kind: Kind.SELECTION_SET, selections } } as const
  const document = withUsedVariables({ kind: Kind.DOCUMENT, definitions: [reduced, ...shared] })
  return operationOf(document, { key, characters: size, mostFields: MOST_SELECTIONS })
}

const TYPENAME: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } }

function inlineFragment(
  selections: readonly SelectionNode[],
  typeCondition: NamedTypeNode | undefined,
  directives: readonly DirectiveNode[] = [],
): InlineFragmentNode {
  const selectionSet: SelectionSetNode = { kind: Kind.SELECTION_SET, selections }
  return { kind: Kind.INLINE_FRAGMENT, ...(typeCondition && { typeCondition }), directives, selectionSet }
}

function returnedBy(field: FieldNode, type: GraphQLCompositeType): GraphQLNamedType | undefined {
  const declared = 'getFields' in type ? type.getFields()[field.name.value] : undefined
  return declared && getNamedType(declared.type)
}

function namedType(name: string): NamedTypeNode {
  return { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: name } }
}

function withUsedVariables(document: DocumentNode): DocumentNode {
  const used = new Set<string>()
  visit(document, { VariableDefinition: () => false, Variable: ({ name }) => void used.add(name.value) })
  return visit(document, {
    VariableDefinition: ({ variable }) => (used.has(variable.name.value) ? undefined : null),
    SelectionSet: () => false,
  })
}

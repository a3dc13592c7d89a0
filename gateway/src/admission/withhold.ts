import { createHash } from 'node:crypto'
import {
  executeSync,
  getNamedType,
  GraphQLError,
  isAbstractType,
  isCompositeType,
  Kind,
  visit,
  type DirectiveNode,
  type FieldNode,
  type FragmentSpreadNode,
  type GraphQLCompositeType,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  type InlineFragmentNode,
  type NamedTypeNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import { LRUCache } from 'lru-cache'
import type { Answer } from '../execute/executor.ts'
import { narrowed, sitePathOn, tooLarge } from './field-sites.ts'
import type { Refusal, Refusals } from './gate.ts'
import type { Operation } from '../operation.ts'

/** Takes refused fields out of operations, and tells of them in answers. */
export interface Withholding {
  /**
   * The operation without its refused fields; nothing is left to fetch when its selection set is empty.
   *
   * @throws GraphQLError `LIMIT_EXCEEDED` when splitting fields by type makes it too large.
   */
  reduce(operation: Operation, refusals: Refusals): Operation
  /**
   * The answer to `operation`, made of the answer to what was left of it: refused fields are null, each with an error
   * that has its path, and null spreads to the parents of fields that may not be null.
   */
  restore(answer: Answer, withheld: WithheldFields): Answer
}

export interface WithheldFields {
  operation: Operation
  refusals: Refusals
  variables: Readonly<Record<string, unknown>>
}

export interface WithholdingOptions {
  /** What clients see. */
  schema: GraphQLSchema
  /** How many reduced operations are kept. */
  cacheSize: number
}

type ResponsePath = GraphQLResolveInfo['path']

export function createWithholding({ schema, cacheSize }: WithholdingOptions): Withholding {
  const reduced = new LRUCache<string, Operation>({ max: cacheSize })
  return {
    reduce(operation, refusals) {
      // By what is refused and not by why, which may be another number of milliseconds each time.
      const hash = createHash('sha256')
        .update([...refusals.keys()].toSorted().join(' '))
        .digest('base64url')
      const key = `${operation.key} without ${hash}`
      const known = reduced.get(key) ?? reduceOperation(operation, { refusals, schema, key })
      reduced.set(key, known)
      return known
    },
    restore: (answer, withheld) => restoreAnswer(answer, withheld, schema),
  }
}

/** Spreading fragments, and splitting fields by type, can make a huge operation of a small one. */
const MOST_SELECTIONS = 20_000

interface ReduceOptions {
  refusals: Refusals
  schema: GraphQLSchema
  key: string
}

/** Where a selection set is: at a path of the answer, on a type, which stands for some objects there. */
interface Place {
  path: string
  type: GraphQLCompositeType
  objects: readonly GraphQLObjectType[]
}

/**
 * Leaves refused fields out; one that is refused to some objects only is selected on each of the others. Fragments
 * become inline, since one spread of a fragment may lose other fields than the next. Objects of interfaces and unions
 * tell their type, for `restoreAnswer`; what the root tells of itself is left to that as well.
 */
function reduceOperation({ definition, fragments }: Operation, { refusals, schema, key }: ReduceOptions): Operation {
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
    if (field.name.value.startsWith('__')) return path === '' ? [] : [field]
    const here = pathOf(path, field)
    const admitted = refusals.has(here) ? [] : objects.filter((object) => !refusals.has(sitePathOn(here, object)))
    if (admitted.length === objects.length) return [reduceWithin(field, type, here)]
    return admitted.map((object) => {
      const typeCondition: NamedTypeNode = { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: object.name } }
      return inlineFragment([reduceWithin(field, object, here)], typeCondition)
    })
  }

  function reduceWithin(field: FieldNode, parent: GraphQLCompositeType, path: string): FieldNode {
    const declared = 'getFields' in parent ? parent.getFields()[field.name.value] : undefined
    const type = declared && getNamedType(declared.type)
    if (!field.selectionSet || !isCompositeType(type)) return field
    const left = reduceAll(field.selectionSet.selections, { path, type, objects: objectsOf(type, schema) })
    const selections = isAbstractType(type) || left.length === 0 ? [TYPENAME, ...left] : left
    return { ...field, selectionSet: { kind: Kind.SELECTION_SET, selections } }
  }

  const root = schema.getRootType(definition.operation)
  const selections = root
    ? reduceAll(definition.selectionSet.selections, { path: '', type: root, objects: [root] })
    : []
  const reduced = withUsedVariables({ ...definition, selectionSet: { kind: Kind.SELECTION_SET, selections } })
  return { document: { kind: Kind.DOCUMENT, definitions: [reduced] }, definition: reduced, fragments: {}, key }
}

const TYPENAME: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } }

function pathOf(parent: string, { alias, name }: FieldNode): string {
  const responseName = alias?.value ?? name.value
  return parent === '' ? responseName : `${parent}.${responseName}`
}

function objectsOf(type: GraphQLCompositeType, schema: GraphQLSchema): readonly GraphQLObjectType[] {
  return isAbstractType(type) ? schema.getPossibleTypes(type) : [type]
}

function inlineFragment(
  selections: readonly SelectionNode[],
  typeCondition: NamedTypeNode | undefined,
  directives: readonly DirectiveNode[] = [],
): InlineFragmentNode {
  const selectionSet: SelectionSetNode = { kind: Kind.SELECTION_SET, selections }
  return { kind: Kind.INLINE_FRAGMENT, ...(typeCondition && { typeCondition }), directives, selectionSet }
}

function withUsedVariables(definition: OperationDefinitionNode): OperationDefinitionNode {
  const { variableDefinitions = [], ...rest } = definition
  const used = new Set<string>()
  visit({ ...rest, kind: Kind.OPERATION_DEFINITION }, { Variable: ({ name }) => void used.add(name.value) })
  return { ...rest, variableDefinitions: variableDefinitions.filter(({ variable }) => used.has(variable.name.value)) }
}

/**
 * Executes the whole operation over the data, by the rules of the specification for null, errors, paths and the order of
 * fields. What was refused throws; everything else is there already.
 */
function restoreAnswer(
  answer: Answer,
  { operation: { definition, fragments }, refusals, variables }: WithheldFields,
  schema: GraphQLSchema,
): Answer {
  if (!answer.data) return answer
  // graphql-js makes an error with a path of each that is thrown; a new one each time would cost three times as much.
  const errorOf = new Map([...refusals].map(([key, refusal]) => [key, toError(refusal)]))
  const { data = null, errors } = executeSync({
    schema,
    document: { kind: Kind.DOCUMENT, definitions: [definition, ...Object.values(fragments)] },
    rootValue: answer.data,
    variableValues: variables,
    fieldResolver(source: Readonly<Record<string, unknown>>, _args, _context, { path, parentType }) {
      const here = withoutIndices(path)
      const error = errorOf.get(here) ?? errorOf.get(sitePathOn(here, parentType))
      if (error) throw error
      return source[path.key]
    },
    typeResolver: ({ __typename }: { __typename?: string }) => __typename,
  })
  return errors ? { ...answer, data, errors: [...(answer.errors ?? []), ...errors] } : { ...answer, data }
}

function withoutIndices({ prev, key }: ResponsePath): string {
  const parent = prev && withoutIndices(prev)
  if (typeof key === 'number') return parent ?? ''
  return parent === undefined ? key : `${parent}.${key}`
}

function toError({ message, code, extensions }: Refusal): GraphQLError {
  return new GraphQLError(message, { extensions: { ...extensions, code } })
}

import {
  executeSync,
  Kind,
  visit,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  type SelectionNode,
} from 'graphql'
import type { Operation } from '../operation.ts'

/** Answers `__schema` and `__type` of one operation: their JSON texts by response name. */
export type Introspection = (variables: Readonly<Record<string, unknown>>) => ReadonlyMap<string, string>

const NOTHING: ReadonlyMap<string, string> = new Map()

/** Works out what an operation asks about the schema; without variables the answer is made only once. */
export function compileIntrospection(operation: Operation, schema: GraphQLSchema): Introspection {
  const { definition, fragments } = operation
  const selections = onlyIntrospection(definition.selectionSet.selections, fragments)
  if (selections.length === 0) return () => NOTHING
  const used = variablesIn(selections)
  const variableDefinitions = (definition.variableDefinitions ?? []).filter(({ variable }) =>
    used.has(variable.name.value),
  )
  const asked = { ...definition, variableDefinitions, selectionSet: { kind: Kind.SELECTION_SET, selections } } as const
  const document = { kind: Kind.DOCUMENT, definitions: [asked, ...Object.values(fragments)] } as const

  function answer(variableValues: Readonly<Record<string, unknown>>): ReadonlyMap<string, string> {
    const { data } = executeSync({ schema, document, variableValues })
    return new Map(Object.entries(data ?? {}).map(([name, value]) => [name, JSON.stringify(value)]))
  }
  if (variableDefinitions.length > 0) return answer
  let known: ReadonlyMap<string, string> | undefined
  return () => (known ??= answer({}))
}

/** The variables that decide on selections, or on what is told of them, outside of named fragments. */
function variablesIn(selections: readonly SelectionNode[]): ReadonlySet<string> {
  const names = new Set<string>()
  visit({ kind: Kind.SELECTION_SET, selections }, { Variable: ({ name }) => void names.add(name.value) })
  return names
}

function onlyIntrospection(
  selections: readonly SelectionNode[],
  fragments: Readonly<Record<string, FragmentDefinitionNode>>,
): SelectionNode[] {
  return selections.flatMap((selection): SelectionNode[] => {
    if (selection.kind === Kind.FIELD) return isIntrospection(selection) ? [selection] : []
    const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments[selection.name.value]
    if (!fragment) return []
    const left = onlyIntrospection(fragment.selectionSet.selections, fragments)
    if (left.length === 0) return []
    const { directives = [] } = selection
    return [{ kind: Kind.INLINE_FRAGMENT, directives, selectionSet: { kind: Kind.SELECTION_SET, selections: left } }]
  })
}

function isIntrospection({ name }: FieldNode): boolean {
  return name.value === '__schema' || name.value === '__type'
}

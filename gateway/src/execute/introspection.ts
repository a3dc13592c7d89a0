import { executeSync, Kind, visit, type ASTNode, type GraphQLSchema } from 'graphql'
import type { Operation } from '../operation.ts'
import { fragmentsFor, introspectionIn } from '../plan/without-introspection.ts'

/** Answers `__schema` and `__type` of one operation: their JSON texts by response name. */
export type Introspection = (variables: Readonly<Record<string, unknown>>) => ReadonlyMap<string, string>

const NOTHING: ReadonlyMap<string, string> = new Map()

/** Works out what an operation asks about the schema; without variables the answer is made only once. */
export function compileIntrospection({ definition, fragments }: Operation, schema: GraphQLSchema): Introspection {
  const selections = introspectionIn(definition.selectionSet.selections, fragments)
  if (selections.length === 0) return () => NOTHING
  const selectionSet = { kind: Kind.SELECTION_SET, selections } as const
  const used = [...fragmentsFor(selectionSet, fragments)]
  const names = variablesIn([selectionSet, ...used])
  const variableDefinitions = definition.variableDefinitions?.filter(({ variable }) => names.has(variable.name.value))
  const asked = { ...definition, variableDefinitions: variableDefinitions ?? [], selectionSet }
  const document = { kind: Kind.DOCUMENT, definitions: [asked, ...used] } as const

  function answer(variableValues: Readonly<Record<string, unknown>>): ReadonlyMap<string, string> {
    const { data, errors = [] } = executeSync({ schema, document, variableValues })
    if (errors.length > 0) throw new AggregateError(errors, 'What was asked about the schema can not be answered.')
    return new Map(Object.entries(data ?? {}).map(([name, value]) => [name, JSON.stringify(value)]))
  }
  if (names.size > 0) return answer
  let known: ReadonlyMap<string, string> | undefined
  return () => (known ??= answer({}))
}

function variablesIn(nodes: readonly ASTNode[]): ReadonlySet<string> {
  const names = new Set<string>()
  for (const node of nodes) visit(node, { Variable: ({ name }) => void names.add(name.value) })
  return names
}

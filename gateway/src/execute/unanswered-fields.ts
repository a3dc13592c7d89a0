import { BREAK, Kind, parse, visit, type DefinitionNode, type FieldNode, type SelectionSetNode } from 'graphql'

/** An error as a subgraph would have told it, with a path in terms of the fetch. */
export interface FetchError {
  message: string
  path?: readonly (string | number)[]
  extensions: Record<string, unknown>
}

/** A fetch, as far as it says what is missing without its answer. */
export interface Fetch {
  query: string
  variables: Readonly<Record<string, unknown>> | undefined
}

/**
 * Most errors of one fetch. A list of a hundred objects without forty of their fields is no reason for four thousand
 * errors, in an answer that is to be small while something is broken.
 */
export const MOST_ERRORS = 100

/**
 * One error for each field that a fetch should have answered: its root fields, or those of each entity. Where there
 * would be too many, the last one stands for all further fields and says how many they are.
 */
export function unansweredFields(
  { query, variables }: Fetch,
  { message, extensions }: Omit<FetchError, 'path'>,
): FetchError[] {
  const { definitions } = parse(query)
  const operation = definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION)
  const fields = operation ? fieldsIn(operation.selectionSet, definitions) : []
  const entities = fields.find(({ name }) => name.value === '_entities')
  const representations = variables?.['representations']
  const isOfEntities = entities?.selectionSet !== undefined && Array.isArray(representations)
  const objects = isOfEntities ? representations.length : 1
  const names = [...new Set((isOfEntities ? fieldsIn(entities.selectionSet, definitions) : fields).map(responseName))]
    // Asked for by the planner, and known.
    .filter((name) => name !== '__typename')
  const all = objects * names.length
  if (all === 0) return [{ message, extensions }]
  const told = all > MOST_ERRORS ? MOST_ERRORS - 1 : all
  const errors = Array.from({ length: told }, (_, index): FetchError => {
    const name = names[index % names.length] ?? ''
    const path = isOfEntities ? ['_entities', Math.floor(index / names.length), name] : [name]
    return { message, path, extensions }
  })
  if (told < all) errors.push({ message: `${message} ${all - told} more fields are null because of it.`, extensions })
  return errors
}

/** Whether a fetch holds a value that its client chose; the representations of entities are the gateway's own. */
export function holdsClientValues({ query }: Fetch): boolean {
  let found = false
  visit(parse(query), {
    Argument({ value }) {
      found = value.kind !== Kind.VARIABLE || value.name.value !== 'representations'
      return found ? BREAK : undefined
    },
  })
  return found
}

/** The fields of a selection set, those in fragments included. */
function fieldsIn({ selections }: SelectionSetNode, definitions: readonly DefinitionNode[]): FieldNode[] {
  return selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [selection]
    if (selection.kind === Kind.INLINE_FRAGMENT) return fieldsIn(selection.selectionSet, definitions)
    const fragment = definitions.find(
      (node) => node.kind === Kind.FRAGMENT_DEFINITION && node.name.value === selection.name.value,
    )
    return fragment?.kind === Kind.FRAGMENT_DEFINITION ? fieldsIn(fragment.selectionSet, definitions) : []
  })
}

function responseName({ alias, name }: FieldNode): string {
  return alias?.value ?? name.value
}

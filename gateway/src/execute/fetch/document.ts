import type { FetchNode } from '@apollo/query-planner'
import {
  BREAK,
  Kind,
  print,
  stripIgnoredCharacters,
  visit,
  type ASTNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type VariableDefinitionNode,
} from 'graphql'
import { fragmentsOf } from '../../operation.ts'
import { generateReader } from '../reading/generate-reader.ts'
import type { Read } from '../reading/values.ts'
import type { TypeFacts } from '../type-facts.ts'
import { namesIn } from './merge.ts'
import { definitionOf, documentOf, selectionSetOf } from './parsed-fetch.ts'

/** The document of a fetch, taken apart. */
export interface FetchDocument {
  text: string
  definition: OperationDefinitionNode
  /** Of the root, or of the entities. */
  selectionSet: SelectionSetNode
  fragments: ReadonlyMap<string, FragmentDefinitionNode>
  /** The client's variables that it uses. */
  variables: readonly string[]
  /** The variables of `@fromContext` arguments that it uses. */
  contextual: ReadonlySet<string>
  /** Whether anything it asks for at its root, or of entities, has selections of its own. */
  holdsObjects: boolean
  /** Whether it holds a value that the client chose; the representations of entities are the gateway's own. */
  holdsClientValues: () => boolean
  /** Makes what reads the object that it asks for, once. */
  reader: () => Read
}

const REPRESENTATIONS = 'representations'

/** Takes the document of a fetch apart. */
export function readFetchDocument(fetch: FetchNode, { matches }: Pick<TypeFacts, 'matches'>): FetchDocument {
  const { operation, variableUsages = [], contextRewrites } = fetch
  const document = documentOf(fetch)
  const selectionSet = selectionSetOf(fetch)
  const fragments = fragmentsOf(document)
  let reader: Read | undefined
  const contextual = new Set(contextRewrites?.map(({ renameKeyTo }) => renameKeyTo))
  return {
    text: withoutNumber(operation),
    definition: definitionOf(fetch),
    selectionSet,
    fragments,
    variables: variableUsages.filter((name) => !contextual.has(name)),
    contextual,
    holdsObjects: [...namesIn(selectionSet, fragments).values()].includes(true),
    holdsClientValues: () => hasClientValues(document),
    reader: () => (reader ??= generateReader(selectionSet, { fragments, matches })),
  }
}

/** The name that entities of the document at an index have in a combined document, and the variable of what they are. */
export function entitiesName(index: number): string {
  return `_entities${index}`
}
export function representationsName(index: number): string {
  return `${REPRESENTATIONS}${index}`
}
/** The name of a variable of `@fromContext` arguments, which each document of a combined one has its own of. */
export function contextualName(name: string, index: number): string {
  return `${name}_${index}`
}

/**
 * One document that asks for the entities of several, under `entitiesName`, by `representationsName`. Names of fragments
 * and of contextual variables get the index of their document.
 */
export function combineDocuments(documents: readonly FetchDocument[]): string {
  const [first] = documents
  if (!first) throw new Error('There is nothing to combine.')
  const variables = new Map<string, string>()
  for (const [index, document] of documents.entries()) {
    for (const definition of document.definition.variableDefinitions ?? []) {
      const node = numberNames(definition, document, index)
      if (node.variable.name.value !== REPRESENTATIONS) variables.set(node.variable.name.value, compact(node))
    }
  }
  const representations = documents.map((_, index) => `$${representationsName(index)}:[_Any!]!`)
  const entities = documents.map((document, index) => {
    const field = `${entitiesName(index)}:_entities(representations:$${representationsName(index)})`
    return field + compact(numberNames(document.selectionSet, document, index))
  })
  const fragments = documents.flatMap((document, index) =>
    [...document.fragments.values()].map((fragment) => compact(numberNames(fragment, document, index))),
  )
  const { name, directives = [] } = first.definition
  const head = `query ${name ? withoutNumber(name.value) : ''}(${[...representations, ...variables.values()].join()})`
  return `${head}${directives.map(compact).join(' ')}{${entities.join(' ')}}${fragments.join(' ')}`
}

function numberNames<Node extends SelectionSetNode | FragmentDefinitionNode | VariableDefinitionNode>(
  node: Node,
  { contextual }: FetchDocument,
  index: number,
): Node {
  const numbered = (name: { value: string }) => ({ kind: Kind.NAME, value: `${name.value}_${index}` }) as const
  return visit(node, {
    Variable({ name, ...variable }) {
      if (!contextual.has(name.value)) return undefined
      return { ...variable, name: { ...name, value: contextualName(name.value, index) } }
    },
    FragmentSpread: (spread) => ({ ...spread, name: numbered(spread.name) }),
    FragmentDefinition: { leave: (fragment) => ({ ...fragment, name: numbered(fragment.name) }) },
  })
}

function compact(node: ASTNode): string {
  return stripIgnoredCharacters(print(node))
}

/** The planner numbers the operations of a plan, so that equal ones would look different. */
function withoutNumber(operation: string): string {
  return operation.replace(/^((?:query|mutation) )?(\w+)__\d+(?=[({@]|$)/, '$1$2')
}

function hasClientValues(document: DocumentNode): boolean {
  let found = false
  visit(document, {
    Argument({ value }) {
      found = value.kind !== Kind.VARIABLE || value.name.value !== REPRESENTATIONS
      return found ? BREAK : undefined
    },
  })
  return found
}

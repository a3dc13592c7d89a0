import {
  Kind,
  visit,
  type DirectiveNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
} from 'graphql'
import { fragmentsOf, type Operation } from '../operation.ts'
import { tooLarge } from './field-sites.ts'
import { measure } from './limits/document-size.ts'

/** About what a field takes in a text, or as much memory elsewhere. */
const CHARACTERS_OF_A_FIELD = 25

/**
 * One operation of a document that may hold several. It is a copy without places in the text, which would keep all tokens
 * of the document alive for as long as anything of the operation is remembered.
 */
export function toOperation(document: DocumentNode, definition: OperationDefinitionNode, key: string): Operation {
  const fragments = usedFragments(document, definition)
  const characters = [definition, ...fragments].reduce((sum, { loc }) => sum + (loc ? loc.end - loc.start : 0), 0)
  const copy = visit<DocumentNode>(
    { kind: Kind.DOCUMENT, definitions: [definition, ...fragments] },
    { enter: ({ loc: _, ...node }) => node },
  )
  return operationOf(copy, { key, characters })
}

/**
 * An operation of a document that holds no other, and was made of a text of so many characters.
 *
 * @throws GraphQLError `LIMIT_EXCEEDED` when it has more than `mostFields`, its fragments written out.
 */
export function operationOf(
  document: DocumentNode,
  { key, characters, mostFields = Infinity }: { key: string; characters: number; mostFields?: number },
): Operation {
  const definition = document.definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION)
  if (!definition) throw new Error('There is no operation.')
  const fields = Math.max(...Array.from(measure(document), ({ size }) => size.fields))
  if (fields > mostFields) throw tooLarge(mostFields)
  return {
    document,
    definition,
    fragments: Object.fromEntries(fragmentsOf(document)),
    key,
    size: Math.min(Math.max(characters, fields * CHARACTERS_OF_A_FIELD), Number.MAX_SAFE_INTEGER),
    switches: switchesIn(document),
  }
}

function usedFragments(document: DocumentNode, definition: OperationDefinitionNode): FragmentDefinitionNode[] {
  const all = document.definitions.filter((node) => node.kind === Kind.FRAGMENT_DEFINITION)
  const byName = new Map(all.map((fragment) => [fragment.name.value, fragment]))
  const used = new Set<FragmentDefinitionNode>()
  function use(node: OperationDefinitionNode | FragmentDefinitionNode): void {
    const spreads: FragmentDefinitionNode[] = []
    visit(node, {
      FragmentSpread({ name }) {
        const fragment = byName.get(name.value)
        if (fragment) spreads.push(fragment)
      },
    })
    for (const fragment of spreads) {
      if (used.has(fragment)) continue
      used.add(fragment)
      use(fragment)
    }
  }
  use(definition)
  return all.filter((fragment) => used.has(fragment))
}

function switchesIn(document: DocumentNode): string[] {
  const names = new Set<string>()
  visit(document, {
    Directive(directive) {
      if (!decidesSelection(directive)) return
      for (const { value } of directive.arguments ?? []) if (value.kind === Kind.VARIABLE) names.add(value.name.value)
    },
  })
  return [...names]
}

/** Whether a directive is `@skip` or `@include`. */
export function decidesSelection({ name }: DirectiveNode): boolean {
  return name.value === 'skip' || name.value === 'include'
}

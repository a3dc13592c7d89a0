import { Kind, type FragmentDefinitionNode, type SelectionSetNode } from 'graphql'
import { responseNameOf } from '../../operation.ts'
import { generate, literal, read } from '../code.ts'
import { mergeValues, type Tree } from '../tree.ts'

/** Puts what a fetch brought of an object into the tree's object. */
export type Merge = (object: Tree, brought: Tree) => void

export interface MergeOptions {
  fragments: ReadonlyMap<string, FragmentDefinitionNode>
  /** Whether a type's name is that of an interface, which an object of it may be known by until its own is known. */
  isInterface: (typename: unknown) => boolean
}

/** Generates what merges objects of a selection set; whatever else a subgraph sends is left out. */
export function generateMerge(selectionSet: SelectionSetNode, { fragments, isInterface }: MergeOptions): Merge {
  const names = [...namesIn(selectionSet, fragments)].filter(([name]) => name !== '__typename')
  const lines = names.map(([name, isComposite], index) => {
    const target = `object[${literal(name)}]`
    const merged = isComposite
      ? `${target} === undefined ? v${index} : mergeValues(${read('object', name)}, v${index})`
      : `v${index}`
    return `const v${index} = ${read('brought', name)}
      if (v${index} !== undefined && (v${index} !== null || ${read('object', name)} === undefined)) ${target} = ${merged}`
  })
  return generate(
    `function merge(object, brought) {
      const typename = brought.__typename
      if (typename !== undefined && typename !== object.__typename &&
        (object.__typename === undefined || isInterface(object.__typename))) object.__typename = typename
      ${lines.join('\n')}
    }`,
    { mergeValues, isInterface },
  ) as Merge
}

/** The response names of a selection set, and which of them have selections of their own. */
export function namesIn(
  { selections }: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  found = new Map<string, boolean>(),
): Map<string, boolean> {
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) found.set(responseNameOf(selection), selection.selectionSet !== undefined)
    else if (selection.kind === Kind.INLINE_FRAGMENT) namesIn(selection.selectionSet, fragments, found)
    else {
      const fragment = fragments.get(selection.name.value)
      if (fragment) namesIn(fragment.selectionSet, fragments, found)
    }
  }
  return found
}

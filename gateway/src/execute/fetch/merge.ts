import { Kind, type FragmentDefinitionNode, type SelectionSetNode } from 'graphql'
import { responseNameOf } from '../../operation.ts'
import { generate, literal, read } from '../code.ts'
import { mergeValues, type Shape, type Tree } from '../tree.ts'

/** Puts what a fetch brought of an object into the tree's object. */
export type Merge = (object: Tree, brought: Tree) => void

export interface ShapeOptions extends Pick<Shape, 'isInterface'> {
  fragments: ReadonlyMap<string, FragmentDefinitionNode>
  /** The names that the plan gives to aliases of its own. */
  renamed: ReadonlyMap<string, string>
}

/** Generates what merges objects of a selection set; whatever else a subgraph sends is left out. */
export function generateMerge(selectionSet: SelectionSetNode, options: ShapeOptions): Merge {
  const { fragments, isInterface } = options
  const names = [...namesIn(selectionSet, fragments)].filter(([name]) => name !== '__typename')
  const lines = names.map(([name, isComposite], index) => {
    const target = `object[${literal(name)}]`
    const merged = isComposite
      ? `${target} === undefined ? v${index} : mergeValues(${read('object', name)}, v${index}, shape.below(${literal(name)}))`
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
    { mergeValues, isInterface, shape: createShape([selectionSet], options) },
  ) as Merge
}

/** Reads what selection sets ask for, and those below, as far as somebody asks: seldom do two fetches meet. */
export function createShape(sets: readonly SelectionSetNode[], options: ShapeOptions): Shape {
  const { fragments, renamed, isInterface } = options
  const known = new Map<string, Shape | undefined>()

  function collect({ selections }: SelectionSetNode, name: string, found: Set<SelectionSetNode>): void {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const responseName = responseNameOf(selection)
        const isMeant = responseName === name || renamed.get(responseName) === name
        if (isMeant && selection.selectionSet) found.add(selection.selectionSet)
      } else {
        const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value)
        if (fragment) collect(fragment.selectionSet, name, found)
      }
    }
  }

  function findBelow(name: string): Shape | undefined {
    const found = new Set<SelectionSetNode>()
    for (const set of sets) collect(set, name, found)
    return found.size > 0 ? createShape([...found], options) : undefined
  }

  return {
    isInterface,
    below(name) {
      if (!known.has(name)) known.set(name, findBelow(name))
      return known.get(name)
    },
  }
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

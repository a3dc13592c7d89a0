import {
  Kind,
  type DirectiveNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql'
import type { DocumentLimits } from '../../config/limits.ts'
import { fragmentsOf } from '../../operation.ts'

/** What is counted of an operation or fragment, with the fragments that it spreads written out; at most Infinity. */
export type DocumentSize = Readonly<Record<keyof DocumentLimits, number>>

type Definition = OperationDefinitionNode | FragmentDefinitionNode

const NOTHING: DocumentSize = { depth: 0, rootFields: 0, aliases: 0, directives: 0, fields: 0, valueDepth: 0 }

/** What nests deeper counts as endless and is not followed, so that counting can't exhaust the stack. */
const BOTTOM = 1000

/**
 * The size of each operation and fragment of a parsed document, in time in proportion to the document, whatever its
 * fragments would amount to. A fragment that spreads itself is counted once: validation refuses it.
 */
export function* measure(document: DocumentNode): Generator<{ node: Definition; size: DocumentSize }> {
  const fragments = fragmentsOf(document)
  const fragmentSizes = new Map<string, DocumentSize>()

  function sizeOf({ selections }: SelectionSetNode, level: number): DocumentSize {
    if (level > BOTTOM) return { ...NOTHING, depth: Infinity }
    let size = NOTHING
    for (const selection of selections) size = sum(size, sizeOfSelection(selection, level + 1))
    return size
  }

  function sizeOfSelection(selection: SelectionNode, level: number): DocumentSize {
    const directives = sizeOfDirectives(selection.directives)
    if (selection.kind === Kind.INLINE_FRAGMENT) return sum(directives, sizeOf(selection.selectionSet, level))
    if (selection.kind === Kind.FRAGMENT_SPREAD) return sum(directives, sizeOfFragment(selection.name.value, level))
    const inner = selection.selectionSet ? sizeOf(selection.selectionSet, level) : NOTHING
    return sum(directives, {
      ...inner,
      depth: inner.depth + 1,
      rootFields: 1,
      aliases: inner.aliases + (selection.alias ? 1 : 0),
      fields: inner.fields + 1,
      valueDepth: Math.max(inner.valueDepth, deepestOf(selection.arguments)),
    })
  }

  function sizeOfFragment(name: string, level: number): DocumentSize {
    const known = fragmentSizes.get(name)
    if (known) return known
    const fragment = fragments.get(name)
    if (!fragment) return NOTHING
    fragmentSizes.set(name, NOTHING)
    const size = sum(sizeOfDirectives(fragment.directives), sizeOf(fragment.selectionSet, level))
    fragmentSizes.set(name, size)
    return size
  }

  for (const node of document.definitions) {
    if (node.kind === Kind.OPERATION_DEFINITION)
      yield { node, size: sum(sizeOfHead(node), sizeOf(node.selectionSet, 0)) }
    // A fragment has no root of its own.
    else if (node.kind === Kind.FRAGMENT_DEFINITION)
      yield { node, size: { ...sizeOfFragment(node.name.value, 0), rootFields: 0 } }
  }
}

function sum(one: DocumentSize, other: DocumentSize): DocumentSize {
  return {
    depth: Math.max(one.depth, other.depth),
    rootFields: one.rootFields + other.rootFields,
    aliases: one.aliases + other.aliases,
    directives: one.directives + other.directives,
    fields: one.fields + other.fields,
    valueDepth: Math.max(one.valueDepth, other.valueDepth),
  }
}

function sizeOfHead({ directives, variableDefinitions = [] }: OperationDefinitionNode): DocumentSize {
  let size = sizeOfDirectives(directives)
  for (const { defaultValue: value, directives: own } of variableDefinitions) {
    size = sum(size, { ...sizeOfDirectives(own), valueDepth: deepestOf([{ value }]) })
  }
  return size
}

function sizeOfDirectives(directives: readonly DirectiveNode[] = []): DocumentSize {
  let size = NOTHING
  for (const { arguments: values } of directives) {
    size = sum(size, { ...NOTHING, directives: 1, valueDepth: deepestOf(values) })
  }
  return size
}

function deepestOf(holders: readonly { readonly value?: ValueNode | undefined }[] = []): number {
  return holders.reduce((deepest, { value }) => Math.max(deepest, value ? depthOfValue(value, 0) : 0), 0)
}

function depthOfValue(value: ValueNode, level: number): number {
  if (value.kind !== Kind.LIST && value.kind !== Kind.OBJECT) return 0
  if (level > BOTTOM) return Infinity
  let deepest = 0
  for (const item of value.kind === Kind.LIST ? value.values : value.fields.map((field) => field.value)) {
    deepest = Math.max(deepest, depthOfValue(item, level + 1))
  }
  return deepest + 1
}

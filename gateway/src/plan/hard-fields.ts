import {
  baseType,
  InterfaceType,
  isAbstractType,
  ObjectType,
  possibleRuntimeTypes,
  type Schema,
} from '@apollo/federation-internals'
import { BREAK, visit, type DocumentNode } from 'graphql'
import { readInterfaceObjects } from '../supergraph/interface-objects.ts'

/**
 * Creates what tells whether a document is hard to plan for its size. Where a field returns what is an interface object in
 * some subgraph, the planner looks at the ways to each of its types, and then at all combinations of them: with three types,
 * four such fields in one another take it gigabytes. Fields are known by their name alone.
 */
export function createHardFields(supergraph: Schema): (document: DocumentNode) => boolean {
  const names = hardFields(supergraph)
  if (names.size === 0) return () => false
  return (document) => {
    let found = false
    visit(document, {
      Field({ name }) {
        if (!names.has(name.value)) return undefined
        found = true
        return BREAK
      },
    })
    return found
  }
}

/** The names of fields that return interfaces and unions of which some type comes from interface objects, too. */
function hardFields(supergraph: Schema): ReadonlySet<string> {
  const objects = new Set(readInterfaceObjects(supergraph).flatMap((type) => type.possibleRuntimeTypes()))
  const names = new Set<string>()
  if (objects.size === 0) return names
  for (const type of supergraph.types()) {
    if (!(type instanceof ObjectType) && !(type instanceof InterfaceType)) continue
    for (const field of type.fields()) {
      const returned = field.type && baseType(field.type)
      if (!returned || !isAbstractType(returned)) continue
      if (possibleRuntimeTypes(returned).some((object) => objects.has(object))) names.add(field.name)
    }
  }
  return names
}

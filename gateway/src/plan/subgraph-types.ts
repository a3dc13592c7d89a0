import {
  baseType,
  InterfaceType,
  isCompositeType,
  isInterfaceObjectType,
  ObjectType,
  possibleRuntimeTypes,
  type CompositeType,
  type FieldDefinition,
  type Schema,
  type Subgraph,
  type Supergraph,
} from '@apollo/federation-internals'
import { memoized } from '../memoized.ts'

/** What a subgraph says about types, in terms of the object types of the supergraph. */
export interface SubgraphTypes {
  /** The objects that may come where the subgraph speaks of a type; an interface object stands for all of its interface. */
  objects: (typeName: string) => readonly string[]
  /** The type of a field of an object; undefined when it has no fields, or the subgraph does not have the field. */
  returned: (object: string, field: string) => string | undefined
  /** Whether the subgraph answers a field of an object whoever asks, not only along some path. */
  resolves: (object: string, field: string) => boolean
  /** The field set that the subgraph requires of an object before it answers a field of it. */
  required: (object: string, field: string) => string | undefined
  /** The field set that the subgraph answers below a field of an object, beside what is its own there. */
  provided: (object: string, field: string) => string | undefined
  /** The field sets of the keys by which the subgraph finds objects of a type. */
  keys: (typeName: string) => readonly string[]
}

/** What all subgraphs say together. */
export interface GraphTypes {
  subgraph: (name: string) => SubgraphTypes
  /** The objects of a type of the supergraph. */
  objects: (typeName: string) => readonly string[]
  /**
   * The objects that a field may return. One that several subgraphs resolve returns the same in all of them, so that what
   * one does not know never comes.
   */
  returnedObjects: (object: string, field: string) => ReadonlySet<string>
}

/** Reads what the subgraphs of a supergraph say about types. */
export function readGraphTypes(supergraph: Supergraph): GraphTypes {
  const { schema } = supergraph
  const subgraphs = new Map(
    supergraph
      .subgraphs()
      .values()
      .map((subgraph) => [subgraph.name, typesOf(subgraph, schema)]),
  )
  const returnedObjects = memoized((coordinate): ReadonlySet<string> => {
    const [object = '', field = ''] = coordinate.split('.')
    const sets = [...subgraphs.values()].flatMap((types) => {
      const returned = types.resolves(object, field) ? types.returned(object, field) : undefined
      return returned === undefined ? [] : [types.objects(returned)]
    })
    const [first = [], ...others] = sets
    return new Set(first.filter((name) => others.every((set) => set.includes(name))))
  })
  return {
    subgraph(name) {
      const types = subgraphs.get(name)
      if (!types) throw new Error(`There is no subgraph ${name}.`)
      return types
    },
    objects: memoized((name) => objectsOf(schema, name)),
    returnedObjects: (object, field) => returnedObjects(`${object}.${field}`),
  }
}

function typesOf(subgraph: Subgraph, supergraph: Schema): SubgraphTypes {
  const { schema } = subgraph
  const metadata = subgraph.metadata()

  const interfaceObjects = memoized((object): readonly string[] => {
    const type = supergraph.type(object)
    if (!(type instanceof ObjectType)) return []
    return type.interfaces().flatMap(({ name }) => {
      const known = schema.type(name)
      return known && isInterfaceObjectType(known) ? [name] : []
    })
  })

  const fieldAt = memoized((coordinate): FieldDefinition<CompositeType> | undefined => {
    const [object = '', field = ''] = coordinate.split('.')
    for (const name of [object, ...interfaceObjects(object)]) {
      const type = schema.type(name)
      const found = type instanceof ObjectType || type instanceof InterfaceType ? type.field(field) : undefined
      if (found) return found
    }
    return undefined
  })

  /** The fields that a directive of a field names. */
  function namedBy(directive: 'requiresDirective' | 'providesDirective') {
    return memoized((coordinate): string | undefined => {
      const [applied] = fieldAt(coordinate)?.appliedDirectivesOf(metadata[directive]()) ?? []
      return applied && String(applied.arguments().fields)
    })
  }
  const required = namedBy('requiresDirective')
  const provided = namedBy('providesDirective')

  return {
    objects: memoized((name) => {
      const type = schema.type(name)
      return objectsOf(type && isInterfaceObjectType(type) ? supergraph : schema, name)
    }),
    returned(object, field) {
      const type = fieldAt(`${object}.${field}`)?.type
      const returned = type && baseType(type)
      return returned && isCompositeType(returned) ? returned.name : undefined
    },
    resolves(object, field) {
      const found = fieldAt(`${object}.${field}`)
      return found !== undefined && !metadata.isFieldExternal(found)
    },
    required: (object, field) => required(`${object}.${field}`),
    provided: (object, field) => provided(`${object}.${field}`),
    keys: memoized((name) => {
      const type = schema.type(name)
      if (!type || !isCompositeType(type)) return []
      const keys = type.appliedDirectivesOf(metadata.keyDirective()).map((applied) => applied.arguments())
      return keys.flatMap(({ fields, resolvable }) => (resolvable === false ? [] : [String(fields)]))
    }),
  }
}

function objectsOf(schema: Schema, name: string): readonly string[] {
  const type = schema.type(name)
  return type && isCompositeType(type) ? possibleRuntimeTypes(type).map((object) => object.name) : []
}

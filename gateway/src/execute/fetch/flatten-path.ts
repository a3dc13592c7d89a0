import type { ResponsePath } from '@apollo/query-planner'
import { isJsonObject } from '../../lossless-json.ts'
import { generate, literal, read } from '../code.ts'
import type { Tree } from '../tree.ts'

/**
 * One step of where a fetch's entities are in the tree: into a field, or to every item of a list. `types`: only objects of
 * these types are meant there.
 */
export type PathStep =
  | { kind: 'field'; name: string; types: ReadonlySet<string> | undefined }
  | { kind: 'items'; types: ReadonlySet<string> | undefined }

/** Parses a path of the planner, such as `products.@.reviews.@` or, with types, `node|[Book,Film].author`. */
export function parseFlattenPath(path: ResponsePath): PathStep[] {
  return path.flatMap((element): PathStep[] => {
    const [, name = '', names] = /^([^|]*)(?:\|\[(.*)\])?$/.exec(String(element)) ?? []
    const types = names === undefined ? undefined : new Set(names.split(','))
    if (name === '@') return [{ kind: 'items', types }]
    // With types the path begins at the root, which is of one type.
    return name === '' ? [] : [{ kind: 'field', name, types }]
  })
}

/**
 * What takes an object, and those above it that a path names, the root first; it gives what is to be in its place, mostly
 * itself.
 */
export type Visit = (object: Tree, ...above: Tree[]) => Tree

/** Visits the objects at a path that begins at an object. */
export type Walk = (root: Tree, visit: Visit) => void

/** Generates a function that visits every object at a path of the tree, in the order of the answer. */
export function generateWalk(steps: readonly PathStep[]): Walk {
  const scope: Record<string, unknown> = {}
  const objects = ['root']

  /** `place` is where the value is. */
  function stepInto(index: number, value: string, place: string): string {
    const step = steps[index]
    if (!step) return `if (${isObject(value)}) ${place} = visit(${[value, ...objects].join()})`
    if (step.kind === 'items') {
      const [item, at] = [`v${index}`, `i${index}`]
      const inner = narrow(index, item, () => stepInto(index + 1, item, `${value}[${at}]`))
      return `if (Array.isArray(${value})) for (let ${at} = 0; ${at} < ${value}.length; ${at}++) {
        const ${item} = ${value}[${at}]
        ${inner}
      }`
    }
    if (value !== 'root') objects.push(value)
    const field = `v${index}`
    return `if (${isObject(value)}) {
      const ${field} = ${read(value, step.name)}
      ${narrow(index, field, () => stepInto(index + 1, field, `${value}[${literal(step.name)}]`))}
    }`
  }

  function narrow(index: number, value: string, inner: () => string): string {
    const types = steps[index]?.types
    if (!types) return inner()
    scope[`types${index}`] = types
    return `if (${isObject(value)} && (${value}.__typename === undefined || types${index}.has(${value}.__typename))) { ${inner()} }`
  }

  return generate(`function walk(root, visit) {\n${stepInto(0, 'root', 'root')}\n}`, scope) as Walk
}

function isObject(value: string): string {
  return `typeof ${value} === ${literal('object')} && ${value} !== null && !Array.isArray(${value})`
}

/** The paths of all objects at a path of the tree, by object: what one entity is shared by has several. */
export function pathsOfObjects(root: Tree, steps: readonly PathStep[]): Map<object, (string | number)[][]> {
  const paths = new Map<object, (string | number)[][]>()

  function visit(value: unknown, index: number, path: (string | number)[]): void {
    const step = steps[index]
    if (step?.kind === 'items') {
      if (!Array.isArray(value)) return
      for (const [at, item] of value.entries()) if (isOf(item, step.types)) visit(item, index + 1, [...path, at])
    } else if (isJsonObject(value)) {
      if (!step) {
        const known = paths.get(value)
        if (known) known.push(path)
        else paths.set(value, [path])
      } else if (Object.hasOwn(value, step.name) && isOf(value[step.name], step.types)) {
        visit(value[step.name], index + 1, [...path, step.name])
      }
    }
  }
  visit(root, 0, [])
  return paths
}

function isOf(value: unknown, types: ReadonlySet<string> | undefined): boolean {
  if (!types) return true
  const typename = isJsonObject(value) ? value['__typename'] : null
  return typename === undefined || (typeof typename === 'string' && types.has(typename))
}

import { hash, pick, pickText } from './choice.ts'
import type { Graph, GraphField, GraphType, Need } from './graph.ts'
import { printLiteral, randomInput } from './inputs.ts'

/** Gives the fields that want it what they require of the other subgraphs' fields of their entity. */
export function addRequirements(graph: Graph): void {
  for (const type of graph.types.values()) {
    if (type.kind !== 'entity') continue
    for (const field of type.fields.values()) {
      const [owner] = field.owners
      if (field.feature !== 'requires' || field.owners.length !== 1 || !owner || field.interfaceObject) continue
      const able = [...type.fields.values()].filter((other) => isRequirable(other, owner) && isBefore(other, field))
      const first = pick(able, field.choice, nameOf)
      const second = pick(
        able.filter((other) => other !== first),
        field.choice,
        nameOf,
      )
      const chosen = hash(field.choice, 'two') % 2 === 0 ? [first, second] : [first]
      const needs = chosen.map(
        (other) => other && needFor(graph, { type, field: other, owner, depth: 0, choice: field.choice }),
      )
      field.needs = needs.filter((need) => need !== undefined)
    }
  }
}

/** Requirements may build on others, in one direction. */
function isBefore(other: GraphField, field: GraphField): boolean {
  return other.name < field.name || other.feature !== 'requires'
}

function isRequirable({ owners, override, interfaceObject }: GraphField, owner: string): boolean {
  return !owners.includes(owner) && !override && interfaceObject === undefined
}

interface NeedOptions {
  type: GraphType
  field: GraphField
  owner: string
  depth: number
  choice: number
}

function needFor(graph: Graph, { type, field, owner, depth, choice }: NeedOptions): Need | undefined {
  const literals: Record<string, string> = {}
  for (const { name, type: of } of field.arguments) {
    // Optional ones are left out now and then, for their default.
    if (!of.endsWith('!') && hash(choice, name) % 3 === 0) continue
    literals[name] = printLiteral(of, randomInput(of, hash(choice, name)))
  }
  const target = graph.types.get(field.of)
  const children: Need[] = []
  if (target) {
    if (depth > 1) return undefined
    const concrete = target.members.length > 0 ? graph.types.get(pickText(target.members, choice) ?? '') : target
    const on = concrete === target ? undefined : concrete?.name
    const inner = concrete && innerNeed(graph, { type: concrete, field, owner, depth: depth + 1, choice })
    if (!inner) return undefined
    children.push({ ...inner, on })
  }
  field.calm = true
  if (type.kind === 'entity' && !field.owners.includes(owner))
    graph.external.get(owner)?.add(`${type.name}.${field.name}`)
  const texts = Object.entries(literals).map(([name, literal]) => `${name}: ${literal}`)
  const needed = { field: field.name, arguments: texts.length > 0 ? `(${texts.join(', ')})` : '' }
  return { ...needed, literals, on: undefined, children }
}

function innerNeed(graph: Graph, options: NeedOptions): Need | undefined {
  const { type, owner, choice } = options
  const able = [...type.fields.values()].filter((other) => {
    const isThere = other.owners.includes(owner) || isRequirable(other, owner)
    return isThere && other.feature !== 'requires' && !other.interfaceObject && !other.override && !type.split
  })
  const field = pick(able, choice, nameOf)
  return field && needFor(graph, { ...options, field })
}

/** Gives the fields that want it a leaf of their entity that their subgraph answers only there. */
export function addProvisions({ types, external }: Graph): void {
  for (const type of types.values()) {
    if (type.kind === 'value' && !type.split) continue
    for (const field of type.fields.values()) {
      const [owner] = field.owners
      const target = types.get(field.of)
      if (field.feature !== 'provides' || field.owners.length !== 1 || !owner || target?.kind !== 'entity') continue
      const able = [...target.fields.values()].filter(
        (other) =>
          other.isLeaf && other.feature === 'none' && isRequirable(other, owner) && other.arguments.length === 0,
      )
      const provided = pick(able, field.choice, nameOf)
      if (!provided) continue
      field.provides = provided.name
      provided.calm = true
      provided.provided = true
      external.get(owner)?.add(`${target.name}.${provided.name}`)
    }
  }
}

export function printNeeds(needs: readonly Need[]): string {
  return needs
    .map(({ field, arguments: given, on, children }) => {
      const text = `${field}${given}${children.length > 0 ? ` { ${printNeeds(children)} }` : ''}`
      return on ? `... on ${on} { ${text} }` : text
    })
    .join(' ')
}

const nameOf = ({ name }: GraphField): string => name

import type { Schema } from '@apollo/federation-internals'
import {
  Kind,
  parse,
  print,
  visit,
  type ArgumentNode,
  type ConstDirectiveNode,
  type DirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type FieldNode,
  type InterfaceTypeDefinitionNode,
  type NameNode,
  type ObjectTypeDefinitionNode,
  type SelectionSetNode,
} from 'graphql'
import { findFeature } from '../supergraph/feature-directive.ts'
import { internalName } from './internal-names.ts'
import { JOIN_FEATURE } from './planned-names.ts'

/** A field with the arguments that `@requires` gives it, which the planner knows as a field of its own. */
export interface StandIn {
  field: string
  arguments: readonly ArgumentNode[]
}

/** What the planner is given in place of the supergraph. */
export interface PlannedSupergraph {
  sdl: string
  /** By the name of the field that the planner plans with. */
  standIns: ReadonlyMap<string, StandIn>
  /** The names of stand-ins that a subgraph requires for a field, by `subgraph Type.field`. */
  requiredFor: ReadonlyMap<string, ReadonlySet<string>>
}

/**
 * Rewrites a supergraph where the planner would plan wrongly:
 * - It takes one field for the other when two `@requires`, or a `@requires` and the client, need a field with different
 *   arguments, and one of them gets the other's value. So each field with arguments in a `@requires` becomes a field of
 *   its own without arguments.
 * - It takes the first key of a type to come back to a subgraph, also one that the subgraph can not resolve. So keys that
 *   can be resolved come first.
 */
export function toPlannedSupergraph({ sdl, schema }: { sdl: string; schema: Schema }): PlannedSupergraph {
  const join = findFeature(schema, JOIN_FEATURE)
  if (!join) return { sdl, standIns: new Map(), requiredFor: new Map() }
  const joinType = join.directiveNameInSchema('type')
  const joinField = join.directiveNameInSchema('field')
  const document = parse(sdl, { noLocation: true })
  const required = requiredWithArguments(document, joinField)
  const standIns = new Map<string, StandIn>()
  const requiredFor = new Map<string, ReadonlySet<string>>()
  const subgraphs = subgraphNames(document)

  /** A selection of `@requires` with stand-ins for the fields that some `@requires` gives arguments. */
  function standIn(selection: SelectionSetNode): SelectionSetNode {
    return visit(selection, {
      Field: {
        leave(field) {
          const { name, arguments: args = [], ...others } = field
          if (!required.has(name.value)) return undefined
          const written = args.map(print).toSorted().join()
          const internal = internalName(`required ${name.value}(${written})`)
          standIns.set(internal, { field: name.value, arguments: args })
          return { ...others, name: { ...name, value: internal } }
        },
      },
    })
  }

  let reordered = false
  function rewriteType<Node extends ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode>(type: Node): Node {
    const directives = keysInOrder(type.directives ?? [], joinType)
    reordered ||= directives !== (type.directives ?? directives)
    const fields = required.size === 0 ? type.fields : type.fields?.map((field) => rewriteField(field, type))
    return { ...type, directives, fields: fields ?? [] }
  }

  function rewriteField(field: FieldDefinitionNode, type: { name: NameNode }): FieldDefinitionNode {
    const directives = field.directives?.map((directive) => {
      const requires = directive.name.value === joinField ? textArgument(directive, 'requires') : undefined
      if (requires === undefined) return directive
      const selection = standIn(parseSelection(requires))
      const subgraph = subgraphs.get(textArgument(directive, 'graph') ?? '') ?? ''
      requiredFor.set(`${subgraph} ${type.name.value}.${field.name.value}`, namesIn(selection, standIns))
      return withArgument(directive, 'requires', print(selection).slice(1, -1))
    })
    return { ...field, directives: directives ?? [] }
  }

  const rewritten = visit(document, {
    ObjectTypeDefinition: { leave: (type) => rewriteType(type) },
    InterfaceTypeDefinition: { leave: (type) => rewriteType(type) },
  })
  if (!reordered && standIns.size === 0) return { sdl, standIns, requiredFor }
  const inaccessible = findFeature(schema, 'https://specs.apollo.dev/inaccessible')?.directiveNameInSchema(
    'inaccessible',
  )
  const kept = new Set([joinField, inaccessible])
  return { sdl: print(withStandIns(rewritten, { standIns, kept })), standIns, requiredFor }
}

/** The names of the fields that some `@requires` gives arguments. */
function requiredWithArguments(document: DocumentNode, joinField: string): ReadonlySet<string> {
  const names = new Set<string>()
  visit(document, {
    Directive(directive) {
      const requires = directive.name.value === joinField ? textArgument(directive, 'requires') : undefined
      if (requires?.includes('(')) {
        visit(parseSelection(requires), {
          Field: ({ name, arguments: args }) => void (args?.length && names.add(name.value)),
        })
      }
    },
  })
  return names
}

function textArgument({ arguments: args = [] }: Pick<DirectiveNode, 'arguments'>, name: string): string | undefined {
  const value = args.find((arg) => arg.name.value === name)?.value
  return value?.kind === Kind.STRING || value?.kind === Kind.ENUM ? value.value : undefined
}

function withArgument(directive: ConstDirectiveNode, name: string, text: string): ConstDirectiveNode {
  const value = { kind: Kind.STRING, value: text } as const
  const args = directive.arguments?.map((arg) => (arg.name.value === name ? { ...arg, value } : arg))
  return { ...directive, arguments: args ?? [] }
}

function namesIn(selection: SelectionSetNode, standIns: ReadonlyMap<string, StandIn>): ReadonlySet<string> {
  const names = new Set<string>()
  visit(selection, { Field: ({ name }) => void (standIns.has(name.value) && names.add(name.value)) })
  return names
}

/** The names of subgraphs by the values of the enum that stands for them. */
function subgraphNames(document: DocumentNode): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  visit(document, {
    EnumValueDefinition({ name, directives = [] }) {
      const subgraph = directives.map((directive) => textArgument(directive, 'name')).find((text) => text !== undefined)
      if (subgraph !== undefined) names.set(name.value, subgraph)
    },
  })
  return names
}

/** The selection of a field set, such as `id organization { id }`. */
export function parseSelection(fieldSet: string): SelectionSetNode {
  const [definition] = parse(`{${fieldSet}}`, { noLocation: true }).definitions
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error(`No selection: ${fieldSet}`)
  return definition.selectionSet
}

/** With the keys last that the subgraph can not resolve; the same list if there are none. */
function keysInOrder(directives: readonly ConstDirectiveNode[], joinType: string): readonly ConstDirectiveNode[] {
  const last = directives.filter(({ name, arguments: args = [] }) => {
    if (name.value !== joinType) return false
    return args.some((arg) => arg.name.value === 'resolvable' && arg.value.kind === Kind.BOOLEAN && !arg.value.value)
  })
  return last.length === 0 ? directives : [...directives.filter((one) => !last.includes(one)), ...last]
}

/** Gives the stand-ins of a field to every type that has the field with those arguments, in the same subgraphs. */
function withStandIns(
  document: DocumentNode,
  { standIns, kept }: { standIns: ReadonlyMap<string, StandIn>; kept: ReadonlySet<string | undefined> },
): DocumentNode {
  function standInsOf(field: FieldDefinitionNode): FieldDefinitionNode[] {
    return [...standIns].flatMap(([internal, { field: name, arguments: args }]) => {
      if (name !== field.name.value) return []
      if (!args.every((arg) => field.arguments?.some((declared) => declared.name.value === arg.name.value))) return []
      const directives = field.directives?.filter((directive) => kept.has(directive.name.value)) ?? []
      return [{ ...field, name: { ...field.name, value: internal }, arguments: [], directives }]
    })
  }
  function leave<Node extends ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode>(node: Node) {
    const fields = node.fields ?? []
    return { ...node, fields: fields.flatMap((field) => [field, ...standInsOf(field)]) }
  }
  return visit(document, { ObjectTypeDefinition: { leave }, InterfaceTypeDefinition: { leave } })
}

/** The field that a stand-in is for, as it is asked of a subgraph; undefined for every other field. */
export function fieldFor(field: FieldNode, standIns: ReadonlyMap<string, StandIn>): FieldNode | undefined {
  const standIn = standIns.get(field.name.value)
  if (!standIn) return undefined
  const name = { kind: Kind.NAME, value: standIn.field } as const
  return { ...field, name, alias: field.alias ?? field.name, arguments: standIn.arguments }
}

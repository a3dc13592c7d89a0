import {
  doTypesOverlap,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isNonNullType,
  isUnionType,
  parse,
  validate,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
} from 'graphql'
import { hash, pick } from './choice.ts'
import type { Request } from './executable.ts'
import { printLiteral, randomInput } from './inputs.ts'
import type { OperationSpec, SelectionSpec } from './operation-spec.ts'

export interface OperationSchema {
  schema: GraphQLSchema
  /**
   * Types below which objects of such types have no fields of their own but leaves: Apollo's planner takes time, and
   * memory, without bound for interface objects in interface objects.
   */
  hard: ReadonlySet<string>
}

/**
 * The operation that a description means for a schema, always valid. Where response names would clash it is told once
 * more with one alias for each field with the same arguments.
 */
export function createOperation({ schema, hard }: OperationSchema, spec: OperationSpec): Request {
  for (const strict of [false, true]) {
    const request = attempt({ schema, hard }, spec, strict)
    const errors = validate(schema, parse(request.query))
    if (errors.length === 0) return request
    if (strict) throw new Error(`An operation that is not valid:\n${request.query}\n${errors.map(String).join('\n')}`)
  }
  throw new Error('Not reached.')
}

const HARD_LEVELS = 1

const CONDITIONS = [
  '',
  '@include(if: $yes)',
  '@skip(if: $yes)',
  '@include(if: $no)',
  '@skip(if: $no)',
  '@include(if: true)',
  '@skip(if: true)',
  '@include(if: $yes) @skip(if: $no)',
]

const HOSTILE = ['__proto__', 'constructor', 'id', 'toString', 'hasOwnProperty', 'f0', 'f1', 'sku']

function attempt({ schema, hard }: OperationSchema, spec: OperationSpec, strict: boolean): Request {
  let level = 0
  const variables: Record<string, unknown> = {}
  const declared = new Map<string, string>()
  const composites = Object.values(schema.getTypeMap()).filter(
    (type) => isCompositeType(type) && !type.name.startsWith('__'),
  ) as GraphQLCompositeType[]
  const mutation = spec.isMutation ? schema.getMutationType() : undefined
  const root = mutation ?? schema.getQueryType()
  if (!root) throw new Error('A schema without Query.')
  const roots = [schema.getQueryType(), schema.getMutationType()]
  const onObjects = composites.filter((type) => !roots.some((one) => one === type))
  const fragments: { name: string; type: GraphQLCompositeType; text: string; used: boolean }[] = []
  for (const [index, fragment] of spec.fragments.entries()) {
    const type = pick(onObjects, fragment.choice, nameOf)
    if (!type) continue
    // It may spread those before it.
    const text = selectionSet(type, fragment.children)
    fragments.push({ name: `F${index}`, type, text, used: false })
  }
  const introspection = spec.extra === 1 && !mutation ? '__schema { queryType { name kind } } ' : ''
  const body = selectionSet(root, spec.selections, introspection)
  const named = body + usedFragments(body)
  const uses = [...declared].filter(([name]) => new RegExp(`\\$${name}\\b`).test(named))
  const head = uses.length > 0 ? `(${uses.map(([name, type]) => `$${name}: ${type}`).join(', ')})` : ''
  const values = Object.fromEntries(Object.entries(variables).filter(([name]) => uses.some(([use]) => use === name)))
  const operation = `${mutation ? 'mutation' : 'query'} Main${head} ${named}`
  const query = spec.extra === 2 ? `query Other { __typename } ${operation}` : operation
  return { query, variables: values, ...(spec.extra === 2 ? { operationName: 'Main' } : {}) }

  function usedFragments(text: string): string {
    const next = fragments.find(({ name, used }) => !used && text.includes(`...${name} `))
    if (!next) return ''
    next.used = true
    const definition = ` fragment ${next.name} on ${next.type.name} ${next.text}`
    return definition + usedFragments(text + definition)
  }

  function selectionSet(type: GraphQLCompositeType, specs: readonly SelectionSpec[], first = ''): string {
    const texts = specs.map((one) => selection(type, one)).filter(Boolean)
    return `{ ${first}${texts.length > 0 ? texts.join(' ') : '__typename'} }`
  }

  function conditionOf({ condition, values: choice }: SelectionSpec): string {
    const text = CONDITIONS[condition] ?? ''
    for (const [name, value] of [
      ['yes', true],
      ['no', false],
    ] as const) {
      if (!text.includes(`$${name}`)) continue
      // With a default now and then, and then without a value.
      const byDefault = choice % 3 === 0
      const variable = byDefault ? `${name}Default` : name
      declared.set(variable, byDefault ? `Boolean! = ${value}` : 'Boolean!')
      if (!byDefault) variables[variable] = value
    }
    return choice % 3 === 0 ? text.replaceAll(/\$(yes|no)/g, '$$$1Default') : text
  }

  function selection(type: GraphQLCompositeType, one: SelectionSpec): string {
    const { kind, choice, children } = one
    const condition = conditionOf(one)
    if (kind >= 7 && type !== root) {
      const fragment = pick(
        fragments.filter((other) => doTypesOverlap(schema, type, other.type)),
        choice,
        nameOf,
      )
      if (fragment) return `...${fragment.name} ${condition}`
    }
    if (kind >= 7 && type === root) return `... ${condition} ${selectionSet(type, children)}`
    if ((kind >= 3 || isUnionType(type)) && kind !== 1 && type !== root) {
      const narrow = pick(
        onObjects.filter((other) => doTypesOverlap(schema, type, other)),
        choice,
        nameOf,
      )
      if (narrow)
        return `... on ${narrow.name} ${condition} ${selectionSet(narrow, children.length > 0 || !isAbstractType(type) ? children : [])}`
    }
    if (kind === 1 || isUnionType(type)) {
      return mutation && type === root
        ? ''
        : `${aliasOf({ type, name: '__typename', given: '' }, one)}__typename ${condition}`
    }
    const field = pick(Object.values(type.getFields()), choice, nameOf)
    if (!field) return ''
    const of = getNamedType(field.type)
    const isHard = hard.has(of.name)
    level += isHard ? 1 : 0
    const below = isCompositeType(of) ? selectionSet(of, level > HARD_LEVELS ? [] : children) : ''
    level -= isHard ? 1 : 0
    const given = argumentsOf(field, one)
    return `${aliasOf({ type, name: field.name, given }, one)}${field.name}${given} ${condition} ${below}`
  }

  interface Named {
    type: GraphQLCompositeType
    name: string
    /** Its arguments, as text. */
    given: string
  }

  function aliasOf({ type, name, given }: Named, { alias, choice }: SelectionSpec): string {
    // The same field still merges with itself, and nothing else.
    if (strict) return `x${hash(type.name, name, given)}: `
    if (alias === 0) return ''
    if (alias < 4) return `${name}_${alias}: `
    if (alias < 6) return `a${choice % 5}: `
    return `${HOSTILE[hash(choice, name) % HOSTILE.length]}: `
  }

  function argumentsOf(field: GraphQLField<unknown, unknown>, { values: choice }: SelectionSpec): string {
    const texts: string[] = []
    for (const { name, type, defaultValue } of field.args) {
      const isOptional = !isNonNullType(type) || defaultValue !== undefined
      const at = choice === 0 ? 0 : hash(choice, name)
      // Few different values, so that fields merge, and clash, now and then.
      const few = at % 5
      if (isOptional && (at === 0 || at % 3 === 0)) continue
      const value = randomInput(String(type), few === 0 ? 0 : hash(few, name))
      if (at % 4 < 2) {
        texts.push(`${name}: ${printLiteral(String(type), value)}`)
        continue
      }
      const variable = `v${hash(String(type), few, String(at % 4), at % 7 === 0 ? 1 : 0)}`
      if (!declared.has(variable)) {
        const hasDefault = at % 7 === 0
        declared.set(variable, `${String(type)}${hasDefault ? ` = ${printLiteral(String(type), value)}` : ''}`)
        if (!hasDefault) variables[variable] = value
      }
      texts.push(`${name}: $${variable}`)
    }
    return texts.length > 0 ? `(${texts.join(', ')})` : ''
  }
}

function nameOf({ name }: { name: string }): string {
  return name
}

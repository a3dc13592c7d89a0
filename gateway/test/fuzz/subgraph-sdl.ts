import { hash } from './choice.ts'
import type { Graph, GraphField, GraphType } from './graph.ts'
import { COMMON_TYPES } from './inputs.ts'
import { printNeeds } from './needs.ts'

export const FEDERATION_LINK = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [
  "@key", "@external", "@requires", "@provides", "@shareable", "@override", "@inaccessible", "@interfaceObject",
  "@context", "@fromContext"])
`

/** Types of the fields that keys are made of. */
const KEY_FIELDS: Readonly<Record<string, string>> = {
  id: 'ID!',
  sku: 'String!',
  code: 'Int!',
  serial: 'Int!',
  label: 'String!',
  region: 'Color!',
}

const CHAIN = ['id', 'sku', 'code', 'serial', 'label']

/** The keys of an entity in a subgraph, as selections. */
export function keysIn({ keys, homes, name }: GraphType, subgraph: string): string[] {
  const position = homes.indexOf(subgraph)
  switch (keys) {
    case 'compound':
      return ['id region']
    case 'nested':
      return ['org { id }']
    case 'either':
      if (position >= 0) return ['id', 'sku']
      return hash(name, subgraph) % 2 === 0 ? ['id'] : ['sku']
    case 'chain':
      return position > 0 ? CHAIN.slice(position - 1, position + 1) : ['id']
    default:
      return ['id']
  }
}

/** Names of the fields in a key. */
export function keyFieldsOf(key: string): string[] {
  return key
    .replace(/\{.*\}/, '')
    .trim()
    .split(/\s+/)
}

/** The type of the object that a nested key is in. */
export const orgOf = (entity: string): string => `${entity}Org`

export function printSubgraph(graph: Graph, subgraph: string): string {
  const parts = [FEDERATION_LINK, COMMON_TYPES]
  const declared = graph.declared.get(subgraph) ?? new Set()
  for (const type of graph.types.values()) {
    if (type.kind !== 'root' && !declared.has(type.name)) continue
    parts.push(printType(graph, type, subgraph))
  }
  return parts.filter(Boolean).join('\n')
}

function printType(graph: Graph, type: GraphType, subgraph: string): string {
  const declared = graph.declared.get(subgraph) ?? new Set()
  const fields = [...type.fields.values()]
    .filter(({ owners, interfaceObject }) => owners.includes(subgraph) && !interfaceObject)
    .map((field) => printField(field, { type, subgraph, isHidden: graph.types.get(field.of)?.hidden === true }))
  switch (type.kind) {
    case 'root':
      return fields.length > 0 ? block(`type ${type.name}`, fields) : ''
    case 'union':
      return `union ${type.name} = ${type.members.filter((member) => declared.has(member)).join(' | ')}`
    case 'value':
      return block(`type ${type.name}`, fields)
    case 'interface':
      return block(`interface ${type.name}`, ['id: ID!', ...fields])
    case 'interface-object': {
      const isObject = type.homes.includes(subgraph)
      const head = isObject ? `type ${type.name} @interfaceObject` : `interface ${type.name}`
      return block(`${head} @key(fields: "id")`, ['id: ID!', ...(isObject ? fields : [])])
    }
    default: {
      const keys = keysIn(type, subgraph)
      const isStub = type.keys === 'stub' && !type.homes.includes(subgraph)
      const interfaces = [...graph.types.values()].filter(
        ({ name, kind, members }) => kind.startsWith('interface') && members.includes(type.name) && declared.has(name),
      )
      const implemented = interfaces.map(({ name }) => name).join(' & ')
      const head = `type ${type.name}${implemented && ` implements ${implemented}`}${type.hidden ? ' @inaccessible' : ''}`
      const keyText = keys.map((key) => ` @key(fields: "${key}"${isStub ? ', resolvable: false' : ''})`).join('')
      const keyFields = [...new Set(keys.flatMap(keyFieldsOf))].map((name) =>
        name === 'org' ? `org: ${orgOf(type.name)}! @shareable` : `${name}: ${KEY_FIELDS[name] ?? ''}`,
      )
      const external = [...type.fields.values()]
        .filter(({ name, owners }) => {
          return graph.external.get(subgraph)?.has(`${type.name}.${name}`) && !owners.includes(subgraph)
        })
        .map((field) => `${signatureOf(field)} @external`)
      const org = keys.includes('org { id }') ? `\ntype ${orgOf(type.name)} { id: ID! @shareable }` : ''
      return block(`${head}${keyText}`, [...keyFields, ...fields, ...external]) + org
    }
  }
}

function block(head: string, fields: readonly string[]): string {
  return `${head} {\n${fields.map((field) => `  ${field}\n`).join('')}}`
}

function signatureOf({
  name,
  wrap,
  of,
  arguments: all,
}: Pick<GraphField, 'name' | 'wrap' | 'of' | 'arguments'>): string {
  const given = all.map(({ name: argument, type, byDefault, hidden }) => {
    return `${argument}: ${type}${byDefault === undefined ? '' : ` = ${byDefault}`}${hidden ? ' @inaccessible' : ''}`
  })
  return `${name}${given.length > 0 ? `(${given.join(', ')})` : ''}: ${wrap.replace('T', of)}`
}

function printField(
  field: GraphField,
  { type, subgraph, isHidden }: { type: GraphType; subgraph: string; isHidden: boolean },
): string {
  const { owners, needs, provides, override, feature, strictIn, wrap } = field
  const directives: string[] = []
  const isInterface = type.kind === 'interface' || type.kind === 'interface-object'
  const isShared = override === undefined && (owners.length > 1 || type.kind === 'value' || field.provided)
  if (isShared && type.kind !== 'interface') directives.push('@shareable')
  if (needs.length > 0) directives.push(`@requires(fields: ${JSON.stringify(printNeeds(needs))})`)
  if (provides) directives.push(`@provides(fields: "${provides}")`)
  if (override && override.from !== subgraph) {
    directives.push(`@override(from: "${override.from}"${override.label ? `, label: "${override.label}"` : ''})`)
  }
  if (isHidden || (feature === 'inaccessible' && type.kind === 'entity' && !isInterface))
    directives.push('@inaccessible')
  // Every list and item of it, too.
  const own = strictIn.includes(subgraph) ? wrap.replaceAll('!', '').replaceAll(/[T\]]/g, '$&!') : wrap
  return [signatureOf({ ...field, wrap: own }), ...directives].join(' ')
}

import { Kind, valueFromASTUntyped, type ConstDirectiveNode, type DocumentNode } from 'graphql'

/** What the schema definition of a subgraph says of directives that are not its own. */
export interface Links {
  /** Whether a directive of this name, without `@`, comes from a specification whose address starts with `origin`. */
  comesFrom(name: string, origin: string): boolean
  /** Names, without `@`, of the directives that `@composeDirective` asks to compose. */
  composed: ReadonlySet<string>
}

/** Reads `@link` (https://specs.apollo.dev/link/v1.0) and `@composeDirective`. */
export function readLinks(document: DocumentNode): Links {
  const links: { url: string; namespace: string; imported: string[] }[] = []
  const composed = new Set<string>()
  const read = (directive: ConstDirectiveNode) => {
    const args = new Map(directive.arguments?.map(({ name, value }) => [name.value, valueFromASTUntyped(value)]))
    if (directive.name.value === 'composeDirective') composed.add(withoutAt(args.get('name')))
    if (directive.name.value !== 'link') return
    const url = String(args.get('url'))
    const imports = args.get('import')
    const namespace = args.get('as')
    links.push({
      url,
      namespace: typeof namespace === 'string' ? namespace : (url.split('/').at(-2) ?? ''),
      imported: (Array.isArray(imports) ? imports : []).map(importedName),
    })
  }
  for (const definition of document.definitions) {
    const isSchema = definition.kind === Kind.SCHEMA_DEFINITION || definition.kind === Kind.SCHEMA_EXTENSION
    if (isSchema) definition.directives?.forEach(read)
  }
  return {
    composed,
    comesFrom: (name, origin) =>
      links.some(
        ({ url, namespace, imported }) =>
          url.startsWith(origin) &&
          (imported.includes(name) || name === namespace || name.startsWith(`${namespace}__`)),
      ),
  }
}

/** Of an element of `import:`, a name or `{name, as}`. */
function importedName(element: unknown): string {
  if (typeof element !== 'object' || element === null) return withoutAt(element)
  return withoutAt('as' in element ? element.as : 'name' in element ? element.name : '')
}

function withoutAt(name: unknown): string {
  return typeof name === 'string' ? name.replace(/^@/, '') : ''
}

import {
  defaultFieldResolver,
  getNamedType,
  GraphQLError,
  isObjectType,
  valueFromASTUntyped,
  type ConstDirectiveNode,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql'
import { hasScopes, type SignedInViewer, type Viewer } from './viewer.ts'

/** What a viewer must be for a field: signed in, and holding all scopes of at least one of the lists of each entry. */
interface Requirement {
  authenticated: boolean
  /** AND over the directives that apply (of the field, its object, its result type); each is an OR of ANDs. */
  scopes: string[][][]
}

/**
 * Enforces `@authenticated` and `@requiresScopes` in a subgraph's schema. A subgraph relies on nobody else for this: an
 * unauthorized field resolves to null with an error `UNAUTHORIZED_FIELD_OR_TYPE` that has its path, and its resolver
 * never runs; an unauthorized subscription never starts. Changes the schema in place.
 *
 * Semantics: https://www.apollographql.com/docs/graphos/routing/security/authorization
 *
 * @throws Error for a directive that it can't enforce (`@policy`, or one of the two under another name, such as
 * `@federation__authenticated`), so that a subgraph never starts with a rule that nobody keeps.
 */
export function enforceAuthorization(schema: GraphQLSchema): void {
  refuseUnknown(schema)
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue
    for (const field of Object.values(type.getFields())) {
      const requirement = requirementOf(type, field)
      if (!requirement) continue
      field.resolve = guarded(field.resolve ?? defaultFieldResolver, requirement)
      // A subscription listens before it resolves anything.
      if (type === schema.getSubscriptionType()) {
        field.subscribe = guarded(field.subscribe ?? defaultFieldResolver, requirement)
      }
    }
  }
}

type Resolver = GraphQLFieldResolver<unknown, { viewer: Viewer }>

function guarded(resolve: Resolver, requirement: Requirement): Resolver {
  return (source, args, context, info) => {
    if (!satisfies(context.viewer, requirement)) {
      throw new GraphQLError('Unauthorized field or type', { extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' } })
    }
    return resolve(source, args, context, info)
  }
}

function satisfies(viewer: Viewer, { authenticated, scopes }: Requirement): boolean {
  if (authenticated && viewer.kind !== 'user') return false
  return scopes.every((anyOf) => anyOf.some((allOf) => hasScopes(viewer, ...allOf)))
}

function requirementOf(
  parent: GraphQLObjectType,
  field: GraphQLField<unknown, { viewer: Viewer }>,
): Requirement | undefined {
  const result = getNamedType(field.type)
  const directives = [parent, field, result].flatMap((element) => directivesOf(element))
  const authenticated = directives.some(({ name }) => name.value === 'authenticated')
  const scopes = directives.filter(({ name }) => name.value === 'requiresScopes').map(scopesOf)
  return authenticated || scopes.length > 0 ? { authenticated, scopes } : undefined
}

interface Annotated {
  astNode?: { readonly directives?: readonly ConstDirectiveNode[] | undefined } | null | undefined
  extensionASTNodes?: readonly { readonly directives?: readonly ConstDirectiveNode[] | undefined }[] | undefined
}

function directivesOf({ astNode, extensionASTNodes = [] }: Annotated): ConstDirectiveNode[] {
  return [astNode, ...extensionASTNodes].flatMap((node) => node?.directives ?? [])
}

function scopesOf(directive: ConstDirectiveNode): string[][] {
  const argument = directive.arguments?.find(({ name }) => name.value === 'scopes')
  const value: unknown = argument && valueFromASTUntyped(argument.value)
  const lists = Array.isArray(value) ? value : []
  return lists.map((list: unknown) => (Array.isArray(list) ? list.map(String) : [String(list)]))
}

/** What the directives are called when a schema links federation without importing them. */
const NOT_IMPORTED = /__(authenticated|requiresScopes|policy)$/

function refuseUnknown(schema: GraphQLSchema) {
  const elements = Object.values(schema.getTypeMap()).flatMap((type): Annotated[] => [
    type,
    ...('getFields' in type ? Object.values<Annotated>(type.getFields()) : []),
  ])
  const prefixed = elements
    .flatMap((element) => directivesOf(element))
    .find(({ name }) => NOT_IMPORTED.test(name.value))
  if (prefixed) throw new Error(`@${prefixed.name.value} is used without importing it, and so it is not enforced.`)

  const links = directivesOf({ extensionASTNodes: schema.extensionASTNodes, astNode: schema.astNode })
  const imports = links
    .filter(({ name }) => name.value === 'link')
    .flatMap((link) => link.arguments?.filter(({ name }) => name.value === 'import') ?? [])
    .flatMap(({ value }): unknown[] => {
      const list: unknown = valueFromASTUntyped(value)
      return Array.isArray(list) ? list : [list]
    })
  for (const imported of imports) {
    const { name, as = name }: { name?: unknown; as?: unknown } =
      typeof imported === 'object' && imported !== null ? imported : { name: imported }
    if (name === '@policy') throw new Error('@policy is imported, but a subgraph does not enforce it.')
    if ((name === '@authenticated' || name === '@requiresScopes') && as !== name) {
      throw new Error(`${name} is imported as ${String(as)}; import it under its own name, or it is not enforced.`)
    }
  }
}

/**
 * The viewer of a field that `@authenticated` guards, as someone signed in.
 *
 * @throws UNAUTHENTICATED, should the guard be missing.
 */
export function signedIn(viewer: Viewer): SignedInViewer {
  if (viewer.kind === 'user') return viewer
  throw new GraphQLError('Sign in first.', { extensions: { code: 'UNAUTHENTICATED' } })
}

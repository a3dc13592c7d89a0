import {
  AUTHENTICATED_VERSIONS,
  AuthenticatedSpecDefinition,
  dnfConjunction,
  EnumType,
  FieldDefinition,
  InterfaceType,
  ObjectType,
  POLICY_VERSIONS,
  PolicySpecDefinition,
  REQUIRES_SCOPES_VERSIONS,
  RequiresScopesSpecDefinition,
  ScalarType,
  type Directive,
  type Schema,
} from '@apollo/federation-internals'
import { ConfigError } from '@portico/service-kit/config'
import { hasScopes, type Viewer } from '@portico/service-kit/viewer'
import { z } from 'zod'

/** What one directive demands: that the viewer is signed in, and holds all scopes of at least one of the lists. */
export interface Demand {
  /** Unlike that of every other demand of the supergraph. */
  id: number
  /** `@authenticated` is one empty list; no list at all is met by nobody. */
  anyOf: readonly (readonly string[])[]
}

/** What a supergraph demands of viewers. Where there are several demands, all must be met. */
export interface Requirements {
  /** False when everything is for everyone. */
  any: boolean
  ofType(typeName: string): readonly Demand[]
  /** Those of an object's field itself, without those of the object, or of the type that it returns. */
  ofField(objectTypeName: string, fieldName: string): readonly Demand[]
}

/** Of a supergraph that everyone may see all of. */
export const NOTHING_REQUIRED: Requirements = { any: false, ofType: () => [], ofField: () => [] }

/** True when the viewer may see what demands this. */
export function isMet({ anyOf }: Demand, viewer: Viewer): boolean {
  return viewer.kind === 'user' && anyOf.some((allOf) => hasScopes(viewer, ...allOf))
}

/** The features that protect something, and what is demanded by their directives. */
const FEATURES = [
  {
    identity: AuthenticatedSpecDefinition.identity,
    directive: AuthenticatedSpecDefinition.directiveName,
    versions: AUTHENTICATED_VERSIONS,
    expects: 'takes no arguments',
    args: z.strictObject({}).transform(() => [[]]),
  },
  {
    identity: RequiresScopesSpecDefinition.identity,
    directive: RequiresScopesSpecDefinition.directiveName,
    versions: REQUIRES_SCOPES_VERSIONS,
    expects: 'needs scopes: a list of lists of strings',
    args: z.strictObject({ scopes: z.array(z.array(z.string().min(1))) }).transform(({ scopes }) => scopes),
  },
  {
    identity: PolicySpecDefinition.identity,
    directive: PolicySpecDefinition.directiveName,
    versions: POLICY_VERSIONS,
    expects: 'is not enforced by this gateway',
    args: z.never(),
  },
] as const

/** Demands by coordinate: `Type` or `Type.field`. */
type Demands = ReadonlyMap<string, readonly Demand[]>

export interface RequirementsSource {
  /** The supergraph's. */
  schema: Schema
  /** What clients see of it. */
  apiSchema: Schema
}

/**
 * Reads `@authenticated` and `@requiresScopes` from a supergraph's full schema, whatever they are called there.
 *
 * Specifications: https://specs.apollo.dev/authenticated/v0.1, https://specs.apollo.dev/requiresScopes/v0.1
 *
 * @throws ConfigError with each directive that can't be enforced as it is written, which includes every `@policy`.
 */
export function readRequirements({ schema, apiSchema }: RequirementsSource): Requirements {
  const written = readDemands(schema)
  const ofObjects = withDemandsOfInterfaces(written, apiSchema)
  return {
    any: written.size > 0,
    ofType: (typeName) => ofObjects.get(typeName) ?? [],
    ofField: (objectTypeName, fieldName) => ofObjects.get(`${objectTypeName}.${fieldName}`) ?? [],
  }
}

function readDemands(schema: Schema): Demands {
  const problems: string[] = []
  const distinct = new Map<string, Demand>()
  const demands = new Map<string, Demand[]>()
  for (const { identity, directive, versions, args, expects } of FEATURES) {
    const feature = schema.coreFeatures?.getByIdentity(identity)
    if (feature && !versions.find(feature.url.version)) {
      problems.push(`${feature.url.toString()} is a version that this gateway does not know`)
    }
    const definition = schema.directive(feature?.directiveNameInSchema(directive) ?? directive)
    // One of that name which another feature brings along is another directive.
    const isForeign = !feature && definition && schema.coreFeatures?.sourceFeature(definition) !== undefined
    for (const application of isForeign ? [] : (definition?.applications() ?? [])) {
      const { coordinate, isUnderstood } = placeOf(application)
      const anyOf = args.safeParse(application.arguments())
      if (!feature) problems.push(`${coordinate}: @${directive} means nothing without a @link to ${identity}`)
      else if (!isUnderstood) problems.push(`${coordinate}: @${application.name} can't be enforced here`)
      else if (!anyOf.success) problems.push(`${coordinate}: @${application.name} ${expects}`)
      else {
        const key = JSON.stringify(anyOf.data)
        const demand = distinct.get(key) ?? { id: distinct.size, anyOf: anyOf.data }
        distinct.set(key, demand)
        demands.set(coordinate, [...(demands.get(coordinate) ?? []), demand])
      }
    }
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return demands
}

function placeOf({ parent }: Directive): { coordinate: string; isUnderstood: boolean } {
  const isField = parent instanceof FieldDefinition
  const type: unknown = isField ? parent.parent : parent
  const hasFields = type instanceof ObjectType || type instanceof InterfaceType
  return {
    coordinate: 'coordinate' in parent ? String(parent.coordinate) : 'schema',
    isUnderstood: hasFields || (!isField && (type instanceof ScalarType || type instanceof EnumType)),
  }
}

/**
 * Composition writes on an interface, and on its fields, what all objects that implement it demand together. Each
 * object keeps its own demands, so that these need no keeping. What an interface demands beyond becomes a demand of every
 * object that implements it: a supergraph written by hand may say more, and objects of types that clients can't see may
 * come in their place.
 */
function withDemandsOfInterfaces(written: Demands, apiSchema: Schema): Demands {
  const demands = new Map(written)
  for (const type of apiSchema.interfaceTypes()) {
    const objects = type.possibleRuntimeTypes()
    for (const suffix of ['', ...type.fields().map(({ name }) => `.${name}`)]) {
      const coordinates = objects.map(({ name }) => name + suffix)
      const together = conjunction(coordinates.flatMap((coordinate) => written.get(coordinate) ?? []))
      const own = (written.get(type.name + suffix) ?? []).filter((demand) => !follows(demand, together))
      if (own.length === 0) continue
      for (const coordinate of coordinates) demands.set(coordinate, [...(demands.get(coordinate) ?? []), ...own])
    }
  }
  return demands
}

/** Who meets all of these demands holds all scopes of at least one of the lists; undefined: nothing is demanded. */
function conjunction(demands: readonly Demand[]): string[][] | undefined {
  return demands.length === 0 ? undefined : dnfConjunction(demands.map(({ anyOf }) => anyOf.map((allOf) => [...allOf])))
}

function follows({ anyOf }: Demand, from: string[][] | undefined): boolean {
  return from?.every((held) => anyOf.some((allOf) => allOf.every((scope) => held.includes(scope)))) ?? false
}

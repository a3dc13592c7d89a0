import type { CoreFeature, Directive, Schema } from '@apollo/federation-internals'

/** The feature that `@rateLimit` is linked from, whatever it is called in a schema. */
export const RATE_LIMIT_FEATURE = 'https://portico.dev/rateLimit'

/** Every use of a feature's directive in a supergraph, whatever the directive is called there; none without the feature. */
export function directiveUses(schema: Schema, identity: string, directive: string): readonly Directive[] {
  const feature = findFeature(schema, identity)
  const definition = feature && schema.directive(feature.directiveNameInSchema(directive))
  return definition ? [...definition.applications()] : []
}

/** The feature that a supergraph links by its url without the version, such as `https://specs.apollo.dev/cost`. */
export function findFeature(schema: Schema, identity: string): CoreFeature | undefined {
  return schema.coreFeatures?.getByIdentity(identity)
}

import type { GraphQLSchema } from 'graphql'

// The generator can make resolvers optional or required, not required where they are needed. The type below requires a
// resolver for every root field, for every field with arguments, for every field that the parent's type does not carry
// as the schema wants it, and for references that are less than what resolvers of the type expect.
const declarations = (references: string) => `
type IsCarried<TParent, TField, TResult> = string extends keyof TParent
  ? false
  : TField extends keyof TParent
    ? [TParent[TField]] extends [null extends TResult ? TResult | undefined : TResult] ? true : false
    : false;

type IsNeeded<TParent, TField, TResolver> = [TResolver] extends [
  (parent: never, args: infer TArgs, ...rest: never[]) => infer TResult,
]
  ? [TArgs] extends [Record<PropertyKey, never>]
    ? IsCarried<TParent, TField, TResult> extends true ? false : true
    : true
  : true;

type NeededFields<TResolvers, TParent, TReference> = {
  [K in keyof TResolvers as K extends '__resolveReference'
    ? [TReference] extends [TParent] ? never : K
    : K extends \`__\${string}\`
      ? never
      : IsNeeded<TParent, K, NonNullable<TResolvers[K]>> extends true ? K : never]-?: NonNullable<TResolvers[K]>;
};

type References = ${references};

type Needed<TType extends keyof PartialResolvers> = NonNullable<PartialResolvers[TType]> extends GraphQLScalarType
  ? GraphQLScalarType
  : NeededFields<
      NonNullable<PartialResolvers[TType]>,
      ResolversParentTypes[TType],
      TType extends keyof References ? References[TType] : ResolversParentTypes[TType]
    >;

/** Every resolver that the schema needs, given what the types of its parents carry already. */
export type Resolvers = PartialResolvers & {
  [T in keyof PartialResolvers as keyof Needed<T> extends never ? never : T]-?: Needed<T>;
};
`

/** Adds `Resolvers`, the complete counterpart of the generated `PartialResolvers`. */
export const resolversType = {
  plugin: (schema: GraphQLSchema): string => {
    const hasEntities = Object.values(schema.getTypeMap()).some((type) =>
      type.astNode?.directives?.some((directive) => directive.name.value === 'key'),
    )
    return declarations(hasEntities ? 'FederationReferenceTypes' : 'Record<never, never>')
  },
}

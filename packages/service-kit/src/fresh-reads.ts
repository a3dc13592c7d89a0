import { defaultFieldResolver, type GraphQLSchema } from 'graphql'

/** As much of a DataLoader as is needed here. */
interface Clearable {
  clearAll(): unknown
}

/**
 * After each mutation field, forgets what the loaders in the context's `loaders` hold: mutations of one request run one after the other,
 * and the next one must not answer with what was true before. Changes the schema in place.
 */
export function forgetAfterMutations(schema: GraphQLSchema): void {
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    const resolve = field.resolve ?? defaultFieldResolver
    field.resolve = async (source, args, context: { loaders?: Readonly<Record<string, Clearable>> }, info) => {
      try {
        return await resolve(source, args, context, info)
      } finally {
        for (const loader of Object.values(context.loaders ?? {})) loader.clearAll()
      }
    }
  }
}

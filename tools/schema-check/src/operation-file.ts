import { GraphQLError, parse, Source, type DocumentNode } from 'graphql'

/** A file of the folder of operations. */
export interface OperationFile {
  /** Relative to the root of the repository. */
  file: string
  text: string
}

/** A document whose source is named after its file, or what is wrong with its syntax. */
export function parseOperation({ file, text }: OperationFile): DocumentNode | GraphQLError {
  try {
    return parse(new Source(text, file))
  } catch (error) {
    if (error instanceof GraphQLError) return error
    throw error
  }
}

import { integer } from '@portico/service-kit/config'
import { z } from 'zod'

/** How large a request may be; larger ones are refused before they are validated. */
export interface LimitsConfig {
  bodyBytes: number
  /** Counted by the parser, which stops there. */
  tokens: number
  document: DocumentLimits
}

/** Bounds of one operation or fragment, with the fragments that it spreads written out. */
export interface DocumentLimits {
  /** Fields within fields. */
  depth: number
  aliases: number
  rootFields: number
  directives: number
  fields: number
  /** Lists and objects within each other, in a value of the document and in one of the variables. */
  valueDepth: number
}

const count = (unit: string, preset: number, meaning: string) =>
  integer({ min: 1, max: 10_000_000, unit }).default(preset).describe(meaning)

/** Deeper than this would cost the stack. */
const MOST_LEVELS = 500

const levels = (meaning: string) => integer({ min: 1, max: MOST_LEVELS, unit: 'levels' }).default(20).describe(meaning)

export const limitsVariables = z.object({
  MAX_BODY_BYTES: count('bytes', 1_048_576, 'Largest body of a request, in bytes.'),
  MAX_TOKENS: count('tokens', 15_000, 'Most lexical tokens of a document.'),
  MAX_DEPTH: levels('How deep fields may nest.'),
  MAX_ALIASES: count('aliases', 50, 'Most aliases of an operation, fragments written out.'),
  MAX_ROOT_FIELDS: count('fields', 20, 'Most fields at the root of an operation, fragments written out.'),
  MAX_DIRECTIVES: count('directives', 50, 'Most directives of an operation, fragments written out.'),
  MAX_FIELDS: count('fields', 5000, 'Most fields of an operation, fragments written out.'),
  MAX_VALUE_DEPTH: levels('How deep lists and objects may nest in variables and arguments.'),
})

export function toLimitsConfig(env: z.infer<typeof limitsVariables>): LimitsConfig {
  return {
    bodyBytes: env.MAX_BODY_BYTES,
    tokens: env.MAX_TOKENS,
    document: {
      depth: env.MAX_DEPTH,
      aliases: env.MAX_ALIASES,
      rootFields: env.MAX_ROOT_FIELDS,
      directives: env.MAX_DIRECTIVES,
      fields: env.MAX_FIELDS,
      valueDepth: env.MAX_VALUE_DEPTH,
    },
  }
}

import type { ApolloServerPlugin } from '@apollo/server'
import {
  GraphQLError,
  Kind,
  type ASTNode,
  type DocumentNode,
  type GraphQLFormattedError,
  type ValidationRule,
} from 'graphql'
import type { DocumentLimits } from '../../config/limits.ts'
import type { GatewayContext } from '../../context.ts'
import type { ErrorCode } from '../../error-codes.ts'
import { measure } from './document-size.ts'

const LIMITS = ['depth', 'rootFields', 'aliases', 'directives', 'fields', 'valueDepth'] as const

const UNITS: Readonly<Record<keyof DocumentLimits, string>> = {
  depth: 'levels of fields',
  rootFields: 'fields at the root',
  aliases: 'aliases',
  directives: 'directives',
  fields: 'fields',
  valueDepth: 'levels of lists and objects in a value',
}

/** The code of what is refused for its size; bodies have one of their own, since they are refused before they are read. */
const CODE: ErrorCode = 'LIMIT_EXCEEDED'

/** When graphql-js stops to look for more. */
const MOST_VALIDATION_ERRORS = 100

/** Refuses documents that are larger than `limits`, with 400 `LIMIT_EXCEEDED`. Both parts are needed. */
export function enforceLimits(limits: DocumentLimits): {
  plugin: ApolloServerPlugin<GatewayContext>
  validationRule: ValidationRule
} {
  const refusals = new WeakMap<DocumentNode, GraphQLError>()
  return {
    plugin: {
      async requestDidStart() {
        return {
          async validationDidStart(request) {
            const refusal = findExcess(request.document, limits)
            if (!refusal) return
            // Validation costs more than counting: an empty document stands in for it, and the rule below refuses that.
            const standIn: DocumentNode = { kind: Kind.DOCUMENT, definitions: [] }
            refusals.set(standIn, refusal)
            Object.assign(request, { document: standIn })
          },
        }
      },
    },
    validationRule(context) {
      const refusal = refusals.get(context.getDocument())
      if (refusal) context.reportError(refusal)
      return {}
    },
  }
}

/**
 * Returns what refuses variables in which lists and objects nest too deeply.
 *
 * @throws GraphQLError `LIMIT_EXCEEDED`.
 */
export function createVariablesCheck({ valueDepth: maximum }: Pick<DocumentLimits, 'valueDepth'>) {
  return (variables: Readonly<Record<string, unknown>>): void => {
    if (maximum === Infinity) return
    for (const name in variables) {
      if (!isDeeper(variables[name], maximum)) continue
      throw excess('The variables have', { limit: 'valueDepth', maximum, found: Infinity })
    }
  }
}

/** The first limit that an operation or fragment of a parsed document exceeds. */
export function findExcess(document: DocumentNode, limits: DocumentLimits): GraphQLError | undefined {
  for (const { node, size } of measure(document)) {
    const limit = LIMITS.find((candidate) => size[candidate] > limits[candidate])
    if (limit === undefined) continue
    const kind = node.kind === Kind.FRAGMENT_DEFINITION ? 'fragment' : node.operation
    const what = node.name ? `The ${kind} "${node.name.value}"` : `The ${kind}`
    return excess(`${what} has`, { limit, maximum: limits[limit], found: size[limit], node })
  }
  return undefined
}

/**
 * What of a formatted error has to be changed because it is about a limit after all: the parser counts tokens and gives
 * up on nesting in its own words, and Apollo Server knows one code for all that validation refuses.
 */
export function asLimitError(formatted: GraphQLFormattedError, error: unknown): Partial<GraphQLFormattedError> {
  const { message, extensions = {} } = formatted
  if (extensions['code'] === 'GRAPHQL_VALIDATION_FAILED' && extensions['limit'] !== undefined) {
    return { extensions: { ...extensions, code: CODE } }
  }
  if (extensions['code'] === 'GRAPHQL_VALIDATION_FAILED' && message.startsWith('Too many validation errors')) {
    const limit = { limit: 'mistakes', maximum: MOST_VALIDATION_ERRORS }
    return {
      message: `The document has more mistakes than these ${MOST_VALIDATION_ERRORS}.`,
      extensions: { code: CODE, ...limit },
    }
  }
  if (extensions['code'] !== 'GRAPHQL_PARSE_FAILED') return {}
  const [, tokens] = /more tha[nt] (\d+) tokens/.exec(message) ?? []
  if (tokens !== undefined) {
    const limit = { limit: 'tokens', maximum: Number(tokens) }
    return { message: `The document has more than ${tokens} tokens.`, extensions: { code: CODE, ...limit } }
  }
  if (!isStackOverflow(error)) return {}
  return { message: 'The document is nested too deeply.', extensions: { code: CODE, limit: 'depth' } }
}

/** Where nothing limits nesting the stack does: who walks what is nested runs out of it. */
export function isStackOverflow(error: unknown): boolean {
  if (error instanceof GraphQLError) return isStackOverflow(error.originalError)
  return error instanceof RangeError && error.message === 'Maximum call stack size exceeded'
}

/** What is told of something that was nested more deeply than the stack allows. */
export function tooDeep(): GraphQLError {
  const extensions = { code: CODE, limit: 'depth', http: { status: 400 } }
  return new GraphQLError('The operation or its variables are nested too deeply.', { extensions })
}

interface Excess {
  limit: keyof DocumentLimits
  maximum: number
  /** Infinity when nobody counted to the end. */
  found: number
  node?: ASTNode
}

function excess(whatHas: string, { limit, maximum, found, node }: Excess): GraphQLError {
  const amount = found === Infinity ? `more than ${maximum}` : found
  return new GraphQLError(`${whatHas} ${amount} ${UNITS[limit]}; at most ${maximum} are accepted.`, {
    nodes: node ?? null,
    extensions: { code: CODE, limit, maximum, http: { status: 400 } },
  })
}

/** Whether lists and objects nest deeper than `levels` in a value. */
function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null || JSON.isRawJSON(value)) return false
  if (levels === 0) return true
  return Object.values(value).some((item) => isDeeper(item, levels - 1))
}

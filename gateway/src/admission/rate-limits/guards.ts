import {
  buildSchema,
  isObjectType,
  Kind,
  OperationTypeNode,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
} from 'graphql'
import { getSchemaCoordinate, rateLimitDirective } from 'graphql-rate-limit-directive'
import type { RateLimit } from '../../supergraph/rate-limit-directives.ts'
import type { LimiterKind } from './store.ts'

/** Keeps one limit. */
export interface Guard {
  limit: RateLimit
  /**
   * Counts points for a subject, whether they are within the limit or not.
   *
   * @throws RateLimitStoreError when a strict limiter can't count.
   */
  consume: (subject: string, points: number) => Promise<Count>
}

/** The window of a subject. */
export interface Count {
  /** All that were counted in it by now. */
  points: number
  /** In how many milliseconds it ends, at least 1. */
  endsInMs: number
}

/** One call of a guard, as the hooks of the package see it. */
interface GuardCall {
  subject: string
  points: number
  count?: Count
}

/**
 * The guards of limits, by coordinate. graphql-rate-limit-directive wraps resolvers, and a gateway runs none; so the
 * limited fields alone make a schema of which the package wraps the resolvers, and these are called before execution.
 */
export function createGuards(
  limits: readonly RateLimit[],
  { limiterClass, limiterOptions }: LimiterKind,
): ReadonlyMap<string, Guard> {
  const { rateLimitDirectiveTypeDefs, rateLimitDirectiveTransformer } = rateLimitDirective<GuardCall>({
    limiterClass,
    limiterOptions,
    keyGenerator: (_directive, _source, _args, { subject }, info) => `${getSchemaCoordinate(info)}:${subject}`,
    pointsCalculator: (_directive, _source, _args, { points }) => points,
    setState: ({ consumedPoints, msBeforeNext }, _directive, _source, _args, call) => {
      call.count = { points: consumedPoints, endsInMs: Math.max(1, msBeforeNext) }
    },
    onLimit: () => undefined,
  })
  const schema = rateLimitDirectiveTransformer(buildSchema(`${rateLimitDirectiveTypeDefs}\n${guardTypes(limits)}`))
  return new Map(limits.map((limit) => [limit.coordinate, createGuard(schema, limit)]))
}

/** Types of nothing but the limited fields. */
function guardTypes(limits: readonly RateLimit[]): string {
  const byType = Map.groupBy(limits, ({ coordinate }) => coordinate.split('.')[0] ?? '')
  const types = [...byType].map(([type, ofType]) => {
    const fields = ofType.map(
      ({ coordinate, limit, durationS }) =>
        `${coordinate.split('.')[1]}: Boolean @rateLimit(limit: ${limit}, duration: ${durationS})`,
    )
    return `type ${type} { ${fields.join(' ')} }`
  })
  return types.join('\n')
}

function createGuard(schema: GraphQLSchema, limit: RateLimit): Guard {
  const [typeName = '', fieldName = ''] = limit.coordinate.split('.')
  const type = schema.getType(typeName)
  const field = isObjectType(type) ? type.getFields()[fieldName] : undefined
  if (!isObjectType(type) || !field?.resolve) throw new Error(`There is no guard for ${limit.coordinate}.`)
  const { resolve } = field
  const info = resolveInfo(schema, type, field)
  return {
    limit,
    async consume(subject, points) {
      const call: GuardCall = { subject, points }
      await resolve({}, {}, call, info)
      if (!call.count) throw new Error(`${limit.coordinate} was not counted.`)
      return call.count
    },
  }
}

/** What graphql-js would tell the resolver. */
function resolveInfo(
  schema: GraphQLSchema,
  parentType: GraphQLObjectType,
  { name, type }: { name: string; type: GraphQLResolveInfo['returnType'] },
): GraphQLResolveInfo {
  return {
    fieldName: name,
    fieldNodes: [],
    returnType: type,
    parentType,
    path: { prev: undefined, key: name, typename: parentType.name },
    schema,
    fragments: {},
    rootValue: undefined,
    operation: {
      kind: Kind.OPERATION_DEFINITION,
      operation: OperationTypeNode.QUERY,
      selectionSet: { kind: Kind.SELECTION_SET, selections: [] },
    },
    variableValues: {},
  }
}

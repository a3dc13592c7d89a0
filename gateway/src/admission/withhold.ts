import { createHash } from 'node:crypto'
import { isNonNullType, isObjectType, type GraphQLSchema } from 'graphql'
import type { Answer } from '../execute/answer.ts'
import type { Operation } from '../operation.ts'
import { createOperationCache } from '../operation-cache.ts'
import { fieldSites, sitePath } from './field-sites.ts'
import { errorOf, refusalAt, type Refusals } from './gate.ts'
import { reduceOperation } from './reduce.ts'

/** An operation of which something is refused. */
export interface WithheldFields {
  operation: Operation
  refusals: Refusals
  /** The variables, coerced. */
  coerced: Readonly<Record<string, unknown>>
}

/** Takes refused fields out of operations. */
export interface Withholding {
  /**
   * The operation without its refused fields; nothing is left to fetch when its selection set is empty.
   *
   * @throws GraphQLError `LIMIT_EXCEEDED` when splitting fields by type makes it too large.
   */
  reduce(operation: Operation, refusals: Refusals): Operation
  /**
   * The whole answer, if what is refused leaves null of it whatever the rest comes to: then nothing may be executed,
   * since a client that sees that nothing was answered repeats its mutation.
   */
  refuseWhole(withheld: WithheldFields): Answer | undefined
}

export interface WithholdingOptions {
  /** What clients see. */
  schema: GraphQLSchema
  /** How many reduced operations are kept. */
  cacheSize: number
}

export function createWithholding({ schema, cacheSize: maxEntries }: WithholdingOptions): Withholding {
  const reduced = createOperationCache<Operation>({ maxEntries, sizeOf: ({ size }) => size })
  return {
    reduce(operation, refusals) {
      // By what is refused and not by why, which may be another number of milliseconds each time.
      const hash = createHash('sha256')
        .update([...refusals.keys()].toSorted().join(' '))
        .digest('base64url')
      const key = `${operation.key} without ${hash}`
      return reduced.get({ key, size: 0 }, () => reduceOperation(operation, { refusals, schema, key }))
    },
    refuseWhole({ operation, refusals, coerced }) {
      const isOfRoot = (key: string) => !key.includes('.')
      if (![...refusals.keys()].some(isOfRoot)) return undefined
      for (const site of fieldSites(operation, schema, coerced)) {
        const { parent, definition, parentType, responseName } = site
        if (parent || !isNonNullType(definition.type) || !isObjectType(parentType)) continue
        const refusal = refusalAt(refusals, sitePath(site), parentType)
        if (refusal) return { data: 'null', errors: [errorOf(refusal, [responseName])] }
      }
      return undefined
    },
  }
}

import { createHash } from 'node:crypto'
import { isNonNullType, isObjectType, type GraphQLSchema } from 'graphql'
import type { Answer } from '../execute/executor.ts'
import type { Operation } from '../operation.ts'
import { createOperationCache } from '../operation-cache.ts'
import { fieldSites, sitePath } from './field-sites.ts'
import { refusalAt, type Refusals } from './gate.ts'
import { reduceOperation } from './reduce.ts'
import { createRestoring, toError, type WithheldFields } from './restore.ts'

/** Takes refused fields out of operations, and tells of them in answers. */
export interface Withholding {
  /**
   * The operation without its refused fields; nothing is left to fetch when its selection set is empty.
   *
   * @throws GraphQLError `LIMIT_EXCEEDED` when splitting fields by type makes it too large.
   */
  reduce(operation: Operation, refusals: Refusals): Operation
  /**
   * The answer to `operation`, made of the answer to what was left of it: refused fields are null, each with an error
   * that has its path, and null spreads to the parents of fields that may not be null. Of more than a thousand errors
   * one tells how many there are.
   */
  restore(answer: Answer, withheld: WithheldFields): Answer
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
    restore: createRestoring({ schema, cacheSize: maxEntries }),
    refuseWhole({ operation, refusals, coerced }) {
      const isOfRoot = (key: string) => !key.includes('.')
      if (![...refusals.keys()].some(isOfRoot)) return undefined
      for (const site of fieldSites(operation, schema, coerced)) {
        const { parent, definition, parentType, responseName } = site
        if (parent || !isNonNullType(definition.type) || !isObjectType(parentType)) continue
        const refusal = refusalAt(refusals, sitePath(site), parentType)
        if (refusal) return { data: null, errors: [toError(refusal, [responseName])] }
      }
      return undefined
    },
  }
}

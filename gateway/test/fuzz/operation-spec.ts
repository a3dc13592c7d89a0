import * as fc from 'fast-check'
import type { Choice } from './world.ts'

/** One selection before the schema is known. */
export interface SelectionSpec {
  /** Which field or type. */
  choice: Choice
  /** Field, inline fragment, spread, `__typename`. */
  kind: number
  /** Kind of its alias; 0: none. */
  alias: number
  /** Kind of its condition; 0: none. */
  condition: number
  /** Its arguments; 0: the simplest. */
  values: Choice
  children: SelectionSpec[]
}

export interface OperationSpec {
  isMutation: boolean
  selections: SelectionSpec[]
  fragments: SelectionSpec[]
  /** 1: introspection beside, 2: a second operation in the document. */
  extra: number
}

const choice = fc.noBias(fc.nat({ max: 0xffffff }))

const seldom = (max: number, weight: number) =>
  fc.oneof({ weight, arbitrary: fc.constant(0) }, { weight: 10, arbitrary: fc.noBias(fc.integer({ min: 1, max })) })

function selections(depth: number): fc.Arbitrary<SelectionSpec> {
  const children =
    depth === 0
      ? fc.constant<SelectionSpec[]>([])
      : fc.array(selections(depth - 1), { minLength: 0, maxLength: 4, size: 'max', depthIdentifier: 'selections' })
  return fc.record<SelectionSpec>({
    choice,
    kind: seldom(9, 30),
    alias: seldom(9, 20),
    condition: seldom(7, 60),
    values: fc.oneof({ weight: 1, arbitrary: fc.constant(0) }, { weight: 4, arbitrary: choice }),
    children,
  })
}

/** Random operations, of any schema. */
export const operations: fc.Arbitrary<OperationSpec> = fc.record({
  isMutation: fc.noBias(fc.nat({ max: 9 })).map((number) => number === 9),
  selections: fc.array(selections(4), { minLength: 1, maxLength: 4, size: 'max' }),
  fragments: fc.array(selections(2), { minLength: 0, maxLength: 3, size: 'max' }),
  extra: seldom(2, 150),
})

import { operationFromDocument, Supergraph } from '@apollo/federation-internals'
import { QueryPlanner, type QueryPlan } from '@apollo/query-planner'
import { OperationTypeNode, type GraphQLSchema } from 'graphql'
import type { Operation } from '../operation.ts'
import { createPlanCheck, unplannable } from './check-plan.ts'
import { decide } from './conditions.ts'
import { restoreFields } from './restore-fields.ts'
import { mergeRootFields } from './root-fields.ts'
import { toPlannedSupergraph } from './stand-ins.ts'
import { writeOut } from './write-out.ts'

/** An operation to plan; it can be sent between threads. */
export interface PlanRequest {
  operation: Pick<Operation, 'document' | 'definition' | 'fragments' | 'switches'>
  /** Labels of progressive `@override`, and whether they are on; those left out are off. */
  overrides: ReadonlyMap<string, boolean>
}

/**
 * Makes query plans, which are plain JSON.
 *
 * @throws GraphQLError `UNPLANNABLE_OPERATION` when there is none that answers the operation.
 */
export type PlanMaker = (request: PlanRequest) => QueryPlan

/** As many plans are made of one operation, which has one for each value of its conditions then. */
const MOST_PLANS = 32

/**
 * Of the ways to answer an operation the planner weighs so many, about 1 ms each, and leaves out those with most jumps
 * between subgraphs. By default it weighs 10,000, which ends in a refusal because of the time.
 */
const MOST_EVALUATED = 1000

/** Creates what plans operations with Apollo's planner, and puts right what it gets wrong. */
export function createPlanMaker({ sdl, supergraph }: { sdl: string; supergraph: Supergraph }): PlanMaker {
  const planned = toPlannedSupergraph({ sdl, schema: supergraph.schema })
  const rewritten =
    planned.sdl === sdl
      ? supergraph
      : Supergraph.build(planned.sdl, { supportedFeatures: null, validateSupergraph: false })
  const apiSchema = rewritten.apiSchema()
  // Fragments keep what is fetched of several types short; finding those of the client again can take seconds.
  const planner = new QueryPlanner(rewritten, {
    generateQueryFragments: true,
    reuseQueryFragments: false,
    debug: { maxEvaluatedPlans: MOST_EVALUATED },
  })
  const check = createPlanCheck(supergraph)
  let schema: GraphQLSchema | undefined

  return ({ operation, overrides }) => {
    let plans = 0
    // The planner fetches some of what is never included, whose nulls and errors may spread.
    return planFor(decide(operation, new Map()))

    /**
     * The planner asks for what `@requires` needs only if the field is included, but then waits for it to ask for others,
     * too, which never come when it is not. So an operation is planned for each value of a condition where that helps.
     */
    function planFor(given: PlanRequest['operation']): QueryPlan {
      plans += 1
      const one = mergeRootFields(given)
      let { plan, problem } = attempt(one)
      if (problem !== undefined)
        ({ plan, problem } = attempt(writeOut(one, (schema ??= apiSchema.toGraphQLJSSchema()))))
      if (plan && problem === undefined) return plan
      const [name] = one.switches
      if (name === undefined || one.definition.operation === OperationTypeNode.SUBSCRIPTION || plans > MOST_PLANS) {
        throw unplannable(problem ?? 'there is no plan.')
      }
      const planIf = (value: boolean) => planFor(decide(one, new Map([[name, value]])))
      return either(name, planIf(true), planIf(false))
    }

    function attempt(one: PlanRequest['operation']): { plan?: QueryPlan; problem: string | undefined } {
      try {
        const parsed = operationFromDocument(apiSchema, one.document, { validate: false })
        const made = planner.buildQueryPlan(parsed, { overrideConditions: new Map(overrides) })
        const plan = restoreFields(made, planned)
        return { plan, problem: check(plan, one) }
      } catch (error) {
        return { problem: error instanceof Error ? error.message : String(error) }
      }
    }
  }
}

function either(condition: string, { node: ifClause }: QueryPlan, { node: elseClause }: QueryPlan): QueryPlan {
  if (ifClause?.kind === 'Subscription' || elseClause?.kind === 'Subscription')
    throw new Error('Subscriptions are one.')
  const node = {
    kind: 'Condition',
    condition,
    ...(ifClause && { ifClause }),
    ...(elseClause && { elseClause }),
  } as const
  return { kind: 'QueryPlan', ...((ifClause ?? elseClause) && { node }) }
}

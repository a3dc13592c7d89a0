import type { QueryPlan } from '@apollo/query-planner'
import type { GraphQLSchema } from 'graphql'
import { refuseLostClient } from '../admission/refuse-late-requests.ts'
import type { Operation } from '../operation.ts'
import type { Isolated } from '../plan/isolate.ts'
import type { Answer } from './answer.ts'
import { compilePlan } from './compile-plan.ts'
import { compileCompletion } from './completion/compile.ts'
import type { Execution } from './execution.ts'
import { tellFailures } from './fetch/fetch-errors.ts'
import { createRepresentationsOf } from './fetch/representation.ts'
import type { FetchScope } from './fetch/scope.ts'
import { compileIntrospection } from './introspection.ts'
import { dropKnownTypenames } from './known-types.ts'
import type { Run, Step } from './run.ts'
import { findSharing } from './sharing.ts'

/** An operation, ready to be run for anybody. */
export interface CompiledOperation {
  run: (execution: Pick<Execution, 'refusals' | 'variables' | 'coerced' | 'context'>) => Promise<Answer>
}

export interface CompileOptions {
  /** All that the client asked for. */
  isolated: Isolated
  /** What may be fetched of it. */
  fetched: Operation
  /** Of that; undefined: it is nothing. */
  plan: QueryPlan | undefined
  /** The variables that the plan needs, of those of a request. */
  toVariables: Isolated['toVariables']
  /** Where fields are refused. */
  refused: ReadonlySet<string>
  /** What clients see. */
  schema: GraphQLSchema
  scope: Omit<FetchScope, 'operation' | 'clientNames' | 'united' | PlanFacts>
}

/** Compiles an operation and its plan: what fetches, what brings that together, and what makes the answer of it. */
export function compileOperation(options: CompileOptions): CompiledOperation {
  const { isolated, fetched, plan, toVariables, refused, schema, scope } = options
  const { operation, clientNames } = isolated
  const united = new Set<string>()
  const fetchAll = plan && compileWhole(plan, { ...scope, united, operation: fetched, clientNames })
  const introspect = compileIntrospection(operation, schema)
  const completion = compileCompletion(operation, {
    schema,
    clientNames,
    refused,
    united,
    interfaceObjects: scope.interfaceObjects,
  })

  return {
    async run({ refusals, variables, coerced, context }) {
      const run: Run = {
        root: {},
        variables: toVariables(variables),
        coerced: toVariables(coerced),
        context,
        objectsAt: new Map(),
        failures: [],
        hasEscapes: false,
      }
      await fetchAll?.(run)
      refuseLostClient(context.signal)
      const { root: data, failures } = run
      return completion.complete({
        data,
        coerced: run.coerced,
        hasEscapes: run.hasEscapes,
        refusals,
        introspection: introspect(run.variables),
        errors: tellFailures(failures),
      })
    },
  }
}

/** What is known of a plan. */
type PlanFacts = 'typeAt' | 'sharing' | 'representationsOf'

function compileWhole(whole: QueryPlan, scope: Omit<FetchScope, PlanFacts>): Step | undefined {
  const { plan, typeAt } = dropKnownTypenames(whole, scope.schema)
  if (plan.node?.kind === 'Subscription') throw new Error('Subscriptions are not executed here.')
  return (
    plan.node &&
    compilePlan(plan.node, {
      ...scope,
      typeAt,
      sharing: findSharing(plan.node),
      representationsOf: createRepresentationsOf(scope.matches),
    })
  )
}

import { refuseLateRequest } from '../admission/refuse-late-requests.ts'
import { unlessAborted } from '../deadline.ts'
import { createOperationCache } from '../operation-cache.ts'
import { createIsolation } from '../plan/isolate.ts'
import { variantOf, type Overrides } from '../plan/overrides.ts'
import type { Planner } from '../plan/planner.ts'
import { withoutIntrospection } from '../plan/without-introspection.ts'
import { readInterfaceObjects } from '../supergraph/interface-objects.ts'
import type { LoadedSupergraph } from '../supergraph/load.ts'
import { compileOperation, type CompiledOperation } from './compile-operation.ts'
import type { Execution, Executor } from './execution.ts'
import type { FetchScope } from './fetch/scope.ts'
import { createTypeFacts } from './type-facts.ts'

export interface ExecutorOptions {
  loaded: LoadedSupergraph
  planner: Planner
  subgraph: FetchScope['subgraph']
  /** How many compiled operations are kept. */
  cacheSize: number
}

/**
 * Executes operations by the specification (https://spec.graphql.org/September2025/#sec-Execution): each is planned and
 * compiled when it comes first, once however many requests wait for it.
 */
export function createExecutor({ loaded, planner, subgraph, cacheSize }: ExecutorOptions): Executor {
  const compiled = createOperationCache<Compiling>({ maxEntries: cacheSize })
  const schema = loaded.apiGraphqlSchema
  const isolate = createIsolation(loaded)
  const interfaceObjects = new Set(readInterfaceObjects(loaded.supergraph.schema).map(({ name }) => name))
  const scope = { subgraph, ...createTypeFacts(loaded.supergraphGraphqlSchema, interfaceObjects) }

  async function compile(
    { operation, fetched, refusals }: Execution,
    overrides: Overrides,
  ): Promise<CompiledOperation> {
    const isolated = isolate(operation)
    const { operation: asked, toVariables } = fetched === operation ? isolated : isolate(fetched, isolated.names)
    const planned = withoutIntrospection(asked)
    const made = isEmpty(planned) ? undefined : await planner.plan(planned, overrides)
    return compileOperation({
      isolated,
      fetched: asked,
      plan: made?.plan,
      toVariables,
      refused: new Set(refusals.keys()),
      schema,
      scope,
    })
  }

  function begin(execution: Execution, overrides: Overrides): Compiling {
    const compiling: Compiling = { promise: compile(execution, overrides) }
    void settle(compiling, () => compiled.forget(execution.fetched, variantOf(overrides)))
    return compiling
  }

  async function settle(compiling: Compiling, forget: () => void): Promise<void> {
    try {
      compiling.done = await compiling.promise
    } catch {
      // The planner knows which failures to remember.
      forget()
    }
  }

  return async (execution) => {
    const { fetched, context } = execution
    const overrides = planner.decide(fetched)
    const compiling = compiled.get(fetched, () => begin(execution, overrides), variantOf(overrides))
    if (!compiling.done) {
      // What is compiled is kept, for whoever comes next.
      await unlessAborted(compiling.promise, context.signal)
      refuseLateRequest(context.signal)
    }
    const { run } = compiling.done ?? (await compiling.promise)
    return run(execution)
  }
}

interface Compiling {
  promise: Promise<CompiledOperation>
  /** When it is ready. */
  done?: CompiledOperation
}

function isEmpty({ definition }: Execution['fetched']): boolean {
  return definition.selectionSet.selections.length === 0
}

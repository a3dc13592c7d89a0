import { visit, type DocumentNode, type GraphQLSchema } from 'graphql'
import { withDocument, type Operation } from '../operation.ts'
import type { LoadedSupergraph } from '../supergraph/load.ts'
import { INTERNAL_PREFIX } from './internal-names.ts'
import { liftLiterals } from './literals.ts'
import { readPlannedNames } from './planned-names.ts'
import { findResponseNames, type ResponseNames } from './response-names.ts'

/** An operation as the planner is given it, apart from everything that the planner adds. */
export interface Isolated {
  /** The client's own operation where nothing had to change. */
  operation: Operation
  /** Found in the whole operation: to be given for what is left of it once fields are taken out. */
  names: ResponseNames
  /** From response names of `operation` to those of the client, where they differ. */
  clientNames: ReadonlyMap<string, string>
  /** The variables of `operation` from those of a request. */
  toVariables: (client: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>
}

/** Isolates operations; `names` are those of the whole operation, when this one is what is left of it. */
export type Isolate = (operation: Operation, names?: ResponseNames) => Isolated

/** Creates what isolates the operations of clients of a supergraph. */
export function createIsolation({
  supergraph,
  apiGraphqlSchema,
}: Pick<LoadedSupergraph, 'supergraph' | 'apiGraphqlSchema'>): Isolate {
  const plannedNames = readPlannedNames(supergraph.schema)
  return (operation, names = findResponseNames(operation, plannedNames)) =>
    isolate(operation, { names, schema: apiGraphqlSchema })
}

function isolate(operation: Operation, { names, schema }: { names: ResponseNames; schema: GraphQLSchema }): Isolated {
  const { clientNames } = names
  const renamed = clientNames.size === 0 ? operation.document : withInternalNames(operation.document, names)
  const { document: lifted, values, defaults } = liftLiterals(renamed, schema)
  const variables = reservedVariables(operation)
  const document = variables.size === 0 ? lifted : withVariables(lifted, variables)
  if (document === operation.document) return { operation, names, clientNames, toVariables: (client) => client }
  return {
    operation: {
      ...withDocument(operation, document),
      switches: operation.switches.map((name) => variables.get(name) ?? name),
    },
    names,
    clientNames,
    toVariables(client) {
      if (variables.size === 0 && values.size === 0 && defaults.size === 0) return client
      const given = { ...Object.fromEntries(defaults), ...client }
      for (const [name, internal] of variables) {
        if (Object.hasOwn(given, name)) given[internal] = given[name]
        delete given[name]
      }
      return Object.assign(given, Object.fromEntries(values))
    },
  }
}

function withInternalNames(document: DocumentNode, { internalOf }: ResponseNames): DocumentNode {
  return visit(document, {
    Field: {
      leave(field) {
        const name = internalOf(field)
        return name === undefined ? undefined : { ...field, alias: { kind: field.name.kind, value: name } }
      },
    },
  })
}

/** The client's variables whose names are those that the planner gives to its own. */
function reservedVariables({ definition }: Operation): ReadonlyMap<string, string> {
  const names = (definition.variableDefinitions ?? []).map(({ variable }) => variable.name.value)
  const reserved = names.filter((name) =>
    /^representations\d*$|^contextualArgument_|^_internal_|^__proto__$/.test(name),
  )
  return new Map(reserved.map((name) => [name, `${INTERNAL_PREFIX}variable_${name}`]))
}

function withVariables(document: DocumentNode, variables: ReadonlyMap<string, string>): DocumentNode {
  return visit(document, {
    Variable(variable) {
      const name = variables.get(variable.name.value)
      return name === undefined ? undefined : { ...variable, name: { ...variable.name, value: name } }
    },
  })
}

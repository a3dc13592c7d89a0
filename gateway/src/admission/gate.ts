import { GraphQLError, type GraphQLObjectType } from 'graphql'
import type { GatewayContext } from '../context.ts'
import type { Operation } from '../operation.ts'
import { sitePathOn } from './field-sites.ts'

/** Why a field is not answered: what its error says beside its path. */
export interface Refusal {
  message: string
  /** The error's `extensions.code`. */
  code: string
  /** The error's other extensions, such as `retryAfterMs`. */
  extensions?: Readonly<Record<string, unknown>>
}

/**
 * What a gate refuses of an operation, by `sitePath`: that field is never fetched, and null with an error wherever it
 * would have been. A key of `sitePathOn` refuses it to objects of one type only. Empty: everything is admitted.
 */
export type Refusals = ReadonlyMap<string, Refusal>

export const NOTHING_REFUSED: Refusals = new Map()

/** Why the field at a path is refused to objects of a type, if it is. */
export function refusalAt(refusals: Refusals, path: string, type: GraphQLObjectType): Refusal | undefined {
  return refusals.get(path) ?? refusals.get(sitePathOn(path, type))
}

/** The error of a refused field. */
export function errorOf({ message, code, extensions }: Refusal, path?: readonly (string | number)[]): GraphQLError {
  return new GraphQLError(message, { path: path ?? null, extensions: { ...extensions, code } })
}

/** For whom an operation is to be executed. */
export interface GateRequest {
  /** The variables as the operation's types and defaults make them; those of `@skip` and `@include` are booleans. */
  coerced: Readonly<Record<string, unknown>>
  context: GatewayContext
}

/**
 * Decides on an operation before anything is fetched for it; gates are asked one after the other, each about what the
 * ones before left of the operation.
 */
export type Gate = (operation: Operation, request: GateRequest) => Refusals | Promise<Refusals>

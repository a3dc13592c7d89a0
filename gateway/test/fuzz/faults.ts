import { execute, isLeafType, isListType, isNonNullType, parse, type GraphQLOutputType } from 'graphql'
import type { ClientAnswer } from './answer.ts'
import type { Stage } from './arena.ts'
import { hash } from './choice.ts'
import { canonicalText, createNode, newCourse, resolveField, type ObjectNode } from './data.ts'
import type { Request } from './executable.ts'
import { pathOf } from './trails.ts'

/** What one subgraph does wrong while an operation runs. */
export const FAULTS = ['down', 'refuses', 'no data', 'no JSON', 'no entities', 'nulls', 'wrong leaves'] as const
export type Fault = (typeof FAULTS)[number]

/** The body that a subgraph with a fault sends in place of its own; undefined: it closes the connection. */
export function spoil(fault: Fault, body: string, choice: number): string | undefined {
  switch (fault) {
    case 'down':
      return undefined
    case 'refuses':
      return '{"errors":[{"message":"outage"}]}'
    case 'no data':
      return '{"data":null}'
    case 'no JSON':
      return `<html>${body}`
    case 'no entities':
      return body.includes('"_entities"') ? '{"data":{"_entities":[]}}' : body
    case 'nulls':
      return replaceLeaves(body, choice, () => null)
    default:
      // In place of null it might be an object that there is none of, which nobody could tell.
      return replaceLeaves(body, choice, (value) => (value === null ? null : { wrong: ['leaf'] }))
  }
}

/** Some leaves of `data` become others. Names of types and keys stay: without them nobody knows what an object is. */
function replaceLeaves(body: string, choice: number, other: (value: unknown) => unknown): string {
  let count = 0
  const { data, ...rest } = JSON.parse(body) as { data?: unknown }
  const replaced: unknown = JSON.parse(JSON.stringify(data ?? null), (name, value: unknown) => {
    const isLeaf = value === null || typeof value !== 'object'
    const isKey = name === '' || isKeyValue(value)
    count += 1
    return isLeaf && !isKey && hash(choice, count) % 3 === 0 ? other(value) : value
  })
  return JSON.stringify({ data: replaced, ...rest })
}

function isKeyValue(value: unknown): boolean {
  if (typeof value === 'number') return value >= 1000 && value < 1010
  return typeof value === 'string' && /^[A-Z]\d+(Org)?(-\d+)?$|^(RED|GREEN|BLUE)$/.test(value)
}

interface Pair {
  node: ObjectNode
  /** What was answered for it. */
  told: unknown
}

const UNCHECKED = Symbol('unchecked')

export interface FaultyCase {
  request: Request
  answer: ClientAnswer
  faulty: string
  fault: Fault
}

/**
 * What is wrong with an answer while a subgraph is faulty: each value has to be the true one, or null; null in a non-null
 * position never; and null in place of a value only with an error that is there or was propagated from below, and
 * that names the subgraph, or is about a value that it sent. Only null as an answer needs no error.
 */
export async function faultsLeft(stage: Stage, { request, answer, faulty, fault }: FaultyCase): Promise<string[]> {
  const { graph, schema } = stage
  const wrong: string[] = []
  const course = newCourse()
  const explained = new Map<string, ClientAnswer['errors'][number]>()
  for (const error of answer.errors) {
    // The deepest null that an error's path leads to.
    let at = answer.tree
    const place: (string | number)[] = []
    for (const key of error.path ?? []) {
      if (at === null || typeof at !== 'object') break
      if (!Object.hasOwn(at, key)) {
        wrong.push(`an error at a field that was not asked for: ${JSON.stringify(error)}`)
        break
      }
      at = Reflect.get(at, key)
      place.push(key)
    }
    if (at === null || at === undefined) explained.set(JSON.stringify(place), error)
  }
  if (answer.tree === undefined)
    return answer.status === 200 && answer.errors.length > 0 ? ['nothing was executed'] : []
  if (answer.tree === null) {
    return explained.has('[]') || answer.errors.some(({ path }) => path) ? [] : ['data is null without an error']
  }

  await execute({
    schema,
    document: parse(request.query),
    variableValues: request.variables ?? {},
    operationName: request.operationName ?? null,
    rootValue: answer.tree,
    typeResolver: (value: unknown) => (isPair(value) ? value.node.type : undefined),
    fieldResolver(source: unknown, values: Record<string, unknown>, _, info) {
      const pair = isPair(source) ? source : { node: createNode(info.parentType.name, 0), told: source }
      const { node } = pair
      const told = pair.told === UNCHECKED ? UNCHECKED : (Reflect.get(pair.told as object, info.path.key) as unknown)
      const place = pathOf(info)
      let truth: unknown
      let isThrown = false
      try {
        truth = resolveField(graph, { node, field: info.fieldName, values }, { subgraph: undefined, course })
      } catch {
        isThrown = true
        truth = null
      }
      const needs = graph.types.get(node.type)?.fields.get(info.fieldName)?.needs ?? []
      return check(info.returnType, {
        truth,
        told: needs.length > 0 && told !== null ? UNCHECKED : told,
        place,
        isThrown,
        hasNeeds: needs.length > 0,
      })
    },
  })
  return wrong

  interface Check {
    truth: unknown
    told: unknown
    place: (string | number)[]
    isThrown: boolean
    /** What it requires may be what was lost. */
    hasNeeds?: boolean
  }

  function check(type: GraphQLOutputType, { truth, told, place, isThrown, hasNeeds = false }: Check): unknown {
    const strict = isNonNullType(type)
    const bare = strict ? type.ofType : type
    const at = JSON.stringify(place)
    if (told === undefined) wrong.push(`nothing at ${at}`)
    else if (told === null) {
      if (strict) wrong.push(`null in a non-null position at ${at}`)
      const error = explained.get(at)
      const isBlamed =
        error?.extensions?.['subgraph'] === faulty ||
        /NULL_IN|INVALID_SUBGRAPH/.test(String(error?.extensions?.['code']))
      // What a field requires was changed, and so is what is answered.
      const isOther = fault === 'nulls' || (hasNeeds && fault === 'wrong leaves')
      if (truth !== null && !error && !isOther) wrong.push(`a value was lost without an error at ${at}`)
      else if (
        truth !== null &&
        error &&
        !isBlamed &&
        !error.message.startsWith('boom') &&
        !error.message.startsWith('Cannot return null')
      ) {
        wrong.push(`a value was lost at ${at} for another reason: ${JSON.stringify(error)}`)
      }
      if (isThrown && !error && !isOther) wrong.push(`no error at ${at}`)
      return null
    } else if (truth === null && told !== UNCHECKED) {
      wrong.push(`a value that is none at ${at}: ${JSON.stringify(told)}`)
      return null
    }
    if (told === undefined) return null
    if (isListType(bare)) {
      if (!Array.isArray(truth)) return null
      const items = told === UNCHECKED ? undefined : told
      if (items !== undefined && (!Array.isArray(items) || items.length !== truth.length)) {
        wrong.push(`another list at ${at}`)
        return null
      }
      return truth.map((item: unknown, index) => {
        const answered: unknown = Array.isArray(items) ? items[index] : UNCHECKED
        return check(bare.ofType as GraphQLOutputType, {
          truth: item,
          told: answered,
          place: [...place, index],
          isThrown: false,
        })
      })
    }
    if (isLeafType(bare)) {
      if (told !== UNCHECKED && String(bare) !== 'Any' && canonicalText(told) !== canonicalText(truth)) {
        wrong.push(`another value at ${at}: ${canonicalText(told)} in place of ${canonicalText(truth)}`)
      }
      return truth
    }
    return { node: truth, told }
  }
}

function isPair(value: unknown): value is Pair {
  return value !== null && typeof value === 'object' && 'node' in value && 'told' in value
}

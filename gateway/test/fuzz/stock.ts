import { ApolloGateway, RemoteGraphQLDataSource } from '@apollo/gateway'
import { ApolloServer } from '@apollo/server'
import { parseAnswer, type ClientAnswer } from './answer.ts'
import type { Stage } from './arena.ts'
import { differences, sortedText } from './compare.ts'
import type { Request } from './executable.ts'
import type { Graph, Need } from './graph.ts'

/** `ApolloGateway` as it comes, in front of the same subgraphs. */
export interface Stock extends AsyncDisposable {
  ask(request: Request): Promise<ClientAnswer>
}

const SILENT = { debug() {}, info() {}, warn() {}, error() {} }

export async function createStock({ supergraphSdl }: Stage): Promise<Stock> {
  const gateway = new ApolloGateway({
    supergraphSdl,
    logger: SILENT,
    buildService: ({ url = '' }) => new RemoteGraphQLDataSource({ url }),
  })
  const server = new ApolloServer({ gateway, logger: SILENT, introspection: true, stopOnTerminationSignals: false })
  await server.start()
  return {
    async ask(request) {
      const { body } = await server.executeOperation(request)
      if (body.kind !== 'single') throw new Error('Not expected of stock.')
      return parseAnswer(200, JSON.stringify(body.singleResult))
    },
    [Symbol.asyncDispose]: () => server.stop(),
  }
}

interface Both {
  graph: Graph
  request: Request
  /** It has been found to be right. */
  ours: ClientAnswer
  stock: ClientAnswer
}

interface Deviation {
  name: string
  explanation: string
  holds: (both: Both) => boolean
}

/** Where `ApolloGateway` is known to answer otherwise, in the order in which they are looked for. */
export const DEVIATIONS: readonly Deviation[] = [
  {
    name: 'fails as a whole',
    explanation: 'The executor or the planner throws: no data at all, one error without a path.',
    holds: ({ stock }) =>
      (stock.data === undefined || stock.data === 'null') && stock.errors.every(({ path }) => !path),
  },
  {
    name: 'order of fields',
    explanation:
      'Fields of an object are in the order of inline fragments grouped by type, not in that of the document.',
    holds: ({ ours, stock }) => sortedText(ours.tree) === sortedText(stock.tree),
  },
  {
    name: 'alias __proto__',
    explanation: 'What is selected as `__proto__` becomes the prototype of an object, and is lost.',
    holds: ({ request, ours, stock }) => request.query.includes('__proto__:') && ours.data !== stock.data,
  },
  {
    name: 'labels of @override',
    explanation: 'Fields with `@override(label:)` are always asked of the subgraph that they are taken from.',
    holds: ({ graph, ours, stock }) =>
      ours.data !== stock.data &&
      [...graph.types.values()].some(({ fields }) => [...fields.values()].some(({ override }) => override?.label)),
  },
  {
    name: 'fragments on abstract types',
    explanation:
      'What is selected on an object in a fragment on another of its interfaces or unions is left out of the answer.',
    holds: ({ request, ours, stock }) =>
      /\.\.\. ?on [IU]|\bfragment \w+ on [IU]/.test(request.query) &&
      ours.data !== stock.data &&
      isPart(stock.tree, ours.tree),
  },
  {
    name: 'interface objects',
    explanation:
      'The name of an interface that a subgraph tells for its interface object replaces that of the type: null.',
    holds: ({ graph, ours, stock }) =>
      [...graph.types.values()].some(({ kind }) => kind === 'interface-object') &&
      isPart(stock.tree, ours.tree, { nulls: true }),
  },
  {
    name: 'lists of lists',
    explanation:
      'Lists of lists that several subgraphs answer are not merged: fields, or lists, of all but one are lost.',
    holds: ({ graph, ours, stock }) =>
      [...graph.types.values()].some(({ fields }) =>
        [...fields.values()].some(({ wrap, owners, isLeaf }) => !isLeaf && wrap.startsWith('[[') && owners.length > 1),
      ) && isPart(stock.tree, ours.tree, { nulls: true }),
  },
  {
    name: 'mutation twice',
    explanation:
      'The planner fetches a root field of a mutation once for each condition that it has: it is done twice.',
    holds: ({ request, ours, stock }) =>
      /\bmutation Main\b.*@(skip|include)/.test(request.query) && ours.data !== stock.data,
  },
  {
    name: 'nothing selected',
    explanation: 'An object of which conditions leave nothing is not fetched: null in place of {}.',
    holds: ({ ours, stock }) => ours.data?.includes('{}') === true && isPart(stock.tree, ours.tree, { nulls: true }),
  },
  {
    name: 'requirements',
    explanation:
      'The planner fetches what two fields require of one field with other arguments only once; lists of lists are null in representations.',
    holds: ({ graph, ours, stock }) => ours.data !== stock.data && needsOf(graph).some((need) => isHard(graph, need)),
  },
  {
    name: 'nullability of interfaces',
    explanation:
      'A null is not propagated where the field is non-null in the object, and may be null in the interface or position.',
    holds: ({ ours, stock }) =>
      ours.errors.length > 0 && ours.data !== stock.data && isPart(ours.tree, stock.tree, { nulls: true }),
  },
  {
    name: 'silent null',
    explanation: 'A null in a non-null position is told only in `extensions.valueCompletion`, never in `errors`.',
    holds: (both) => sameData(both) && problemsOf(both).every((problem) => problem.startsWith('no error')),
  },
  {
    name: 'path of an error',
    explanation: 'Errors of entities have the path of another entity of a list when some of it are of other types.',
    holds: (both) => sameData(both) && both.ours.errors.length > 0,
  },
]

function needsOf({ types }: Graph): readonly Need[] {
  return [...types.values()].flatMap(({ fields }) => [...fields.values()].flatMap(({ needs }) => needs))
}

function isHard({ types }: Graph, { field, arguments: given }: Need): boolean {
  return given !== '' || [...types.values()].some(({ fields }) => fields.get(field)?.wrap.startsWith('[['))
}

/** Whether a value is another one without some fields, or with nulls in place of some values. */
function isPart(part: unknown, whole: unknown, { nulls = false } = {}): boolean {
  if (nulls && part === null) return true
  if (Array.isArray(part)) {
    const isList = Array.isArray(whole) && part.length === whole.length
    return isList && part.every((item, index) => isPart(item, whole[index], { nulls }))
  }
  if (part === null || typeof part !== 'object' || whole === null || typeof whole !== 'object') return part === whole
  return Object.entries(part).every(([name, value]) => {
    return Object.hasOwn(whole, name) && isPart(value, Reflect.get(whole, name), { nulls })
  })
}

function sameData({ ours, stock }: Both): boolean {
  return ours.data === stock.data
}

function problemsOf({ ours, stock }: Both): string[] {
  return differences(ours, stock)
}

/** The known deviation that explains why stock answers otherwise, or what no known one explains. */
export function unexplained(both: Both): { known?: string; problems: string[] } {
  const problems = problemsOf(both)
  if (problems.length === 0) return { problems }
  const known = DEVIATIONS.find(({ holds }) => holds(both))
  return known ? { known: known.name, problems: [] } : { problems: problems.map((problem) => `stock: ${problem}`) }
}

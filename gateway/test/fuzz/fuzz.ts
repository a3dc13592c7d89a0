import * as fc from 'fast-check'
import type { ClientAnswer } from './answer.ts'
import { startArena, type Arena, type Stage } from './arena.ts'
import { hash, pickText } from './choice.ts'
import { differences } from './compare.ts'
import { unexplained } from './deviations.ts'
import type { Request } from './executable.ts'
import { FAULTS, faultsLeft, spoil } from './faults.ts'
import { createOperation } from './operation.ts'
import { operations, type OperationSpec } from './operation-spec.ts'
import { refusalOf } from './refusals.ts'
import { createStock, type Stock } from './stock.ts'
import { readTrails } from './trails.ts'
import { worlds, type World } from './world.ts'

/** What the gateway is compared with. */
export const ORACLES = ['monolith', 'stock', 'faults'] as const
export type Oracle = (typeof ORACLES)[number]

export interface FuzzOptions {
  oracle: Oracle
  seed: number
  /** Rounds of as many supergraphs; round n has the seed plus n. */
  rounds: number
  /** Supergraphs of a round; `WORLDS` unless told. */
  worlds?: number
  /** No new round after that time. */
  seconds?: number
  /** Of a failure that was found before: goes straight to it. */
  path?: string
  /** Failures that begin with one of these are passed over, to look for others. */
  except?: readonly string[]
  /** Longest search for a smaller failure. */
  shrinkMs?: number
  /** Makes a subgraph's answer into another, to see that it is noticed. */
  tamper?: (body: string) => string
  /** Of faults: takes away the errors of the gateway's answers, to see that it is noticed. */
  silent?: boolean
}

export interface FuzzResult {
  cases: number
  worlds: number
  /** Worlds that did not compose. */
  discarded: number
  /** Cases whose right answer holds an error. */
  withErrors: number
  /** How often the gateway refused for a known reason. */
  refused: Map<string, number>
  /** Of stock: how often it was wrong, by known deviation. */
  deviations: Map<string, number>
  /** Undefined: nothing was wrong. */
  failure: string | undefined
}

/** Supergraphs of a round. */
export const WORLDS = 10
/** Most operations of one supergraph. */
const OPERATIONS = 150
/** Longest search for a smaller failure, unless told. */
const SHRINK_MS = 30_000

interface Finding {
  request: Request
  problems: readonly string[]
  answers: Record<string, ClientAnswer>
  asked: readonly string[]
}

/** Runs random operations on random supergraphs until one is answered wrongly. */
export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const { oracle, seed, path, shrinkMs = SHRINK_MS } = options
  const result: FuzzResult = {
    cases: 0,
    worlds: 0,
    discarded: 0,
    withErrors: 0,
    refused: new Map(),
    deviations: new Map(),
    failure: undefined,
  }
  await using arena = await startArena()
  await using stages = createStages(arena, {
    entered(composes) {
      if (firstKind !== undefined) return
      result.worlds += 1
      if (!composes) result.discarded += 1
    },
  })
  let firstKind: string | undefined
  let giveUpAt = Infinity

  const property = fc.asyncProperty(
    fc.array(operations, { minLength: 1, maxLength: OPERATIONS, size: 'max' }),
    worlds,
    async (specs, world) => {
      if (performance.now() > giveUpAt) return
      const finding = await run(specs, world)
      if (!finding) return
      const kind = finding.problems[0]?.replaceAll(/[[{:].*/g, '') ?? ''
      // Only the same fault is worth shrinking to.
      firstKind ??= kind
      if (kind !== firstKind) return
      if (giveUpAt === Infinity) giveUpAt = performance.now() + shrinkMs
      throw new Error(finding.problems.join('\n'))
    },
  )
  const until = performance.now() + (options.seconds ?? Infinity) * 1000
  for (let round = 0; round < options.rounds && performance.now() < until; round += 1) {
    const details = await fc.check(property, {
      seed: seed + round,
      numRuns: options.worlds ?? WORLDS,
      ...(path === undefined ? {} : { path }),
    })
    if (!details.failed || !details.counterexample) continue
    const [specs, world] = details.counterexample
    const finding = await run(specs, world)
    const sdl = (await stages.enter(world))?.graph.sdl ?? new Map<string, string>()
    result.failure = report(sdl, finding, {
      world,
      replay: `npm run fuzz -- --only ${oracle} --seed ${details.seed} --path ${details.counterexamplePath ?? ''}`,
    })
    break
  }
  return result

  async function run(specs: readonly OperationSpec[], world: World): Promise<Finding | undefined> {
    const stage = await stages.enter(world)
    if (!stage) return undefined
    const stock = oracle === 'stock' ? await stages.stock() : undefined
    for (const spec of specs) {
      const request = createOperation(stage, spec)
      if (firstKind === undefined) result.cases += 1
      const finding = oracle === 'faults' ? await underFault(stage, request) : await compared(stage, request, stock)
      if (finding && !options.except?.some((text) => finding.problems[0]?.startsWith(text))) return finding
    }
    return undefined
  }

  async function compared(stage: Stage, request: Request, stock: Stock | undefined): Promise<Finding | undefined> {
    stage.faults.edit = undefined
    stage.begin()
    const expected = await stage.expect(request)
    if (expected.errors.length > 0 && firstKind === undefined) result.withErrors += 1
    const { tamper } = options
    if (tamper) stage.faults.edit = (_, body) => tamper(body)
    const asked = [...(await traced(stage, async () => stage.ask(request)))]
    const actual = stages.last
    if (isRefused(actual)) return undefined
    const problems = differences(expected, actual)
    if (problems.length > 0) return { request, problems, answers: { expected, actual }, asked }
    if (!stock) return undefined
    const askedByStock = stage.begin()
    const other = await stock.ask(request)
    const passed = await readTrails(stage, request)
    const both = { graph: stage.graph, request, ours: actual, stock: other, asked: askedByStock, passed }
    const { known, problems: unknown } = unexplained(both)
    for (const name of known) tally(result.deviations, name)
    if (unknown.length === 0) return undefined
    return {
      request,
      problems: unknown,
      answers: { ours: actual, stock: other },
      asked: [...asked, 'by stock:', ...askedByStock],
    }
  }

  function isRefused(answer: ClientAnswer): boolean {
    const refusal = refusalOf(answer)
    if (refusal !== undefined) tally(result.refused, refusal)
    return refusal !== undefined
  }

  function tally(counts: Map<string, number>, name: string): void {
    if (firstKind === undefined) counts.set(name, (counts.get(name) ?? 0) + 1)
  }

  async function traced(stage: Stage, ask: () => Promise<ClientAnswer>): Promise<readonly string[]> {
    const asked = stage.begin()
    stages.last = await ask()
    return asked
  }

  async function underFault(stage: Stage, request: Request): Promise<Finding | undefined> {
    const choice = hash(seed, request.query)
    const fault = FAULTS[choice % FAULTS.length] ?? 'down'
    const faulty = pickText(stage.graph.subgraphs, choice) ?? ''
    stage.faults.edit = (subgraph, body) => (subgraph === faulty ? spoil(fault, body, choice) : body)
    const asked = [`${faulty}: ${fault}`, ...(await traced(stage, async () => stage.ask(request)))]
    const answer = options.silent === true ? { ...stages.last, errors: [] } : stages.last
    stage.faults.edit = undefined
    if (answer.errors.length > 0 && firstKind === undefined) result.withErrors += 1
    if (isRefused(answer)) return undefined
    const problems = await faultsLeft(stage, { request, answer, faulty, fault })
    return problems.length > 0 ? { request, problems, answers: { answer }, asked } : undefined
  }
}

interface Stages extends AsyncDisposable {
  enter(world: World): Promise<Stage | undefined>
  stock(): Promise<Stock>
  last: ClientAnswer
}

/** Keeps the stage of the last world: shrinking asks for the same one again and again. */
function createStages(arena: Arena, { entered }: { entered: (composes: boolean) => void }): Stages {
  let key = ''
  let stage: Stage | undefined
  let stock: Stock | undefined
  async function leave(): Promise<void> {
    key = ''
    await stock?.[Symbol.asyncDispose]()
    await stage?.[Symbol.asyncDispose]()
    stage = stock = undefined
  }
  return {
    last: { status: 0, data: undefined, tree: undefined, errors: [] },
    async enter(world) {
      const text = JSON.stringify(world)
      if (text === key) return stage
      await leave()
      stage = await arena.enter(world)
      key = text
      entered(stage !== undefined)
      return stage
    },
    async stock() {
      if (!stage) throw new Error('Enter a world first.')
      return (stock ??= await createStock(stage))
    },
    [Symbol.asyncDispose]: leave,
  }
}

function report(
  sdl: ReadonlyMap<string, string>,
  finding: Finding | undefined,
  { world, replay }: { world: World; replay: string },
): string {
  const lines = [...sdl].map(([name, text]) => `--- ${name}\n${text}`)
  if (!finding) return [...lines, JSON.stringify(world), 'It did not happen again.', replay].join('\n')
  const { request, problems, answers, asked } = finding
  return [
    ...lines,
    '--- operation',
    request.query,
    `variables ${JSON.stringify(request.variables)}`,
    '--- asked of subgraphs',
    ...asked,
    ...Object.entries(answers).map(
      ([name, { data, errors }]) => `--- ${name}\n${data}\n${errors.map((error) => JSON.stringify(error)).join('\n')}`,
    ),
    '--- wrong',
    ...problems,
    '--- again',
    replay,
  ].join('\n')
}

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { createRepository, LIMITED, type Repository } from './repository.ts'

jest.setTimeout(60_000)

let repository: Repository
beforeEach(async () => {
  repository = await createRepository()
})
afterEach(() => repository[Symbol.asyncDispose]())

/** Commits subgraphs and operations to main, and goes on with a branch. */
async function start(sdl: Record<string, string>, operations: Record<string, string> = {}) {
  await repository.subgraphs(sdl)
  const entries = Object.entries(operations).map(([name, text]) => [`schema/operations/${name}.graphql`, text])
  await repository.write(Object.fromEntries(entries) as Record<string, string>)
  await repository.compose()
  await repository.commit()
  await repository.git('checkout', '--quiet', '-b', 'change')
}

async function change(sdl: Record<string, string>) {
  await repository.subgraphs(sdl)
  await repository.compose()
}

const approve = (...approvals: { change: string; reason: string }[]) =>
  repository.write({ 'schema/approved-changes.json': JSON.stringify(approvals) })

describe('the check of changes', () => {
  it('fails on a breaking change, shows where it was made, and names the operations that it breaks', async () => {
    await start(
      { a: 'type Query {\n  one: Int\n  two: Int\n  three(n: Int): Int\n}' },
      { One: 'query One { one }', Both: 'query Both { one two }' },
    )
    await change({ a: 'type Query {\n  "Now a text."\n  one: String\n  three(n: Int!): Int\n}' })
    await repository.write({ 'schema/operations/Both.graphql': 'query Both { one }' })
    const found = await repository.check('main')
    const [removed, retyped, required] = ['FIELD_REMOVED', 'FIELD_TYPE_CHANGED', 'FIELD_ARGUMENT_TYPE_CHANGED'].map(
      (wanted) => found.find(({ code }) => code === wanted),
    )
    expect(found).toHaveLength(3)
    expect(removed).toMatchObject({
      severity: 'error',
      code: 'FIELD_REMOVED',
      usedBy: ['schema/operations/Both.graphql'],
      at: ['subgraphs/a.graphql:3:6'],
    })
    expect(removed?.message).toMatch(/^Field 'two' was removed.*\. Used in main by schema\/operations\/Both\.graphql\./)
    expect(required).toMatchObject({
      severity: 'error',
      code: 'FIELD_ARGUMENT_TYPE_CHANGED',
      usedBy: [],
      at: ['subgraphs/a.graphql:6:9'],
    })
    expect(required?.message).toContain('No operation of schema/operations in main uses it.')
    expect(retyped).toMatchObject({
      severity: 'error',
      code: 'FIELD_TYPE_CHANGED',
      usedBy: ['schema/operations/Both.graphql', 'schema/operations/One.graphql'],
      at: ['subgraphs/a.graphql:5:3'],
    })
  })

  it('compares with where the branch has left the other, not with what happened there since', async () => {
    await start({ a: 'type Query { one: Int }' })
    await repository.git('checkout', '--quiet', 'main')
    await change({ a: 'type Query { one: Int since: Int }' })
    await repository.commit()
    await repository.git('checkout', '--quiet', 'change')
    expect(await repository.check('main')).toEqual([])
  })

  it('warns of a dangerous change, and mentions a safe one once', async () => {
    await start({ a: 'type Query { one: E }\nenum E { A }' })
    await change({
      a: 'type Query { one: E two(n: Int): T }\nenum E { A B }\n"New."\ntype T { id: ID, n(m: Int): Int }',
    })
    const found = await repository.check('main')
    expect(found.map(({ severity, code }) => [severity, code])).toEqual([
      ['notice', 'TYPE_ADDED'],
      ['warning', 'ENUM_VALUE_ADDED'],
      ['notice', 'FIELD_ADDED'],
    ])
  })

  it('sees a breaking change of a field that is deprecated at the same time', async () => {
    await start({ a: 'type Query { one(n: Int): Int }' })
    await change({ a: 'type Query { one: String @deprecated(reason: "Old.") }' })
    const found = await repository.check('main')
    expect(found.map(({ severity, code }) => `${severity} ${code}`).toSorted()).toEqual([
      'error FIELD_ARGUMENT_REMOVED',
      'error FIELD_TYPE_CHANGED',
      'notice FIELD_DEPRECATION_ADDED',
    ])
  })

  it('shows the file of a type that is gone, and the subgraph of a field that has moved away', async () => {
    await start({
      a: 'type Query { one: Int }\ntype T @key(fields: "id") { id: ID! }',
      b: 'type T @key(fields: "id") {\n  id: ID!\n  name: Int\n}\ntype Gone { id: ID }',
    })
    await change({ b: 'type T @key(fields: "id") {\n  id: ID!\n}' })
    const found = await repository.check('main')
    expect(found.map(({ code, at }) => [code, ...at])).toEqual([
      ['TYPE_REMOVED', 'subgraphs/b.graphql'],
      ['FIELD_REMOVED', 'subgraphs/b.graphql:3:6'],
    ])
  })

  it('lets an approved change pass, with the reason', async () => {
    await start({ a: 'type Query { one: Int two: Int }' }, { Two: 'query Two { two }' })
    await change({ a: 'type Query { one: Int }' })
    await repository.write({ 'schema/operations/Two.graphql': undefined })
    await approve({ change: "Field 'two' was removed from object type 'Query'", reason: 'Nobody sends it.' })
    expect(await repository.check('main')).toEqual([
      {
        severity: 'notice',
        code: 'FIELD_REMOVED',
        message: "Field 'two' was removed from object type 'Query'.",
        at: ['subgraphs/a.graphql:3:6'],
        usedBy: ['schema/operations/Two.graphql'],
        approved: 'Nobody sends it.',
      },
    ])
  })

  it('says how to approve a change, in words that then approve it', async () => {
    await start({ a: 'type Query { one: Int }' })
    await change({ a: 'type Query { one: String }' })
    const [found] = await repository.check('main')
    const advice = /a new file schema\/approved-changes\.json: (\[.*\])$/.exec(found?.message ?? '')?.[1] ?? ''
    await approve()
    const [again] = await repository.check('main')
    expect(again?.message).toContain(`to the list in schema/approved-changes.json: ${advice.slice(1, -1)}`)
    await repository.write({ 'schema/approved-changes.json': advice })
    expect((await repository.check('main')).map(({ severity }) => severity)).toEqual(['notice'])
  })

  it('blames a removed member of a union on those operations alone that select it there', async () => {
    const types = 'type A { a: Int }\ntype B { b: Int }\n'
    await start(
      { a: `${types}union U = A | B\ntype Query { u: U b: B }` },
      {
        Inline: 'query Inline { u { ... on B { b } } }',
        Named: 'query Named { u { ...F } } fragment F on B { b }',
        Other: 'query Other { u { ... on A { a } } b { b } }',
      },
    )
    await change({ a: `${types}union U = A\ntype Query { u: U b: B }` })
    const found = await repository.check('main')
    expect(found.filter(({ code }) => code !== 'OPERATION_INVALID')).toMatchObject([
      { code: 'UNION_MEMBER_REMOVED', usedBy: ['schema/operations/Inline.graphql', 'schema/operations/Named.graphql'] },
    ])
  })

  it('counts an approval for the change that it came with alone', async () => {
    const approval = { change: "Field 'two' was removed from object type 'Query'", reason: 'Nobody sends it.' }
    await approve(approval)
    await start({ a: 'type Query { one: Int two: Int }' })
    await change({ a: 'type Query { one: Int }' })
    expect((await repository.check('main')).map(({ severity }) => severity)).toEqual(['error'])
    await approve(approval, { ...approval, reason: 'Nobody sends it any more.' })
    expect((await repository.check('main')).map(({ severity }) => severity)).toEqual(['notice'])
  })

  it.each([
    ['no JSON', '{'],
    ['another change', '[{ "change": "Another", "reason": "None." }]'],
    ['no reason', `[{ "change": "Field 'two' was removed from object type 'Query'", "reason": "" }]`],
  ])('does not take %s for an approval', async (_, approvals) => {
    await start({ a: 'type Query { one: Int two: Int }' })
    await change({ a: 'type Query { one: Int }' })
    await repository.write({ 'schema/approved-changes.json': approvals })
    const codes = (await repository.check('main'))
      .filter(({ severity }) => severity === 'error')
      .map(({ code }) => code)
    expect(codes).toContain('FIELD_REMOVED')
    expect(codes.includes('APPROVALS_INVALID')).toBe(!approvals.includes('Another'))
  })

  it('warns of whom a field asks more, or less, than before, where no type changes', async () => {
    const sdl = (...directives: string[]) =>
      `${LIMITED}type Query {\n${directives.map((directive, index) => `  f${index}: Int ${directive}`).join('\n')}\n}`
    await start(
      { a: sdl('', '@authenticated', '@requiresScopes(scopes: [["a"], ["b"]])', '@requiresScopes(scopes: [["a"]])') },
      { Zero: 'query Zero { f0 }' },
    )
    await change({
      a: sdl(
        '@authenticated',
        '@requiresScopes(scopes: [["a"]])',
        '@requiresScopes(scopes: [["a"]])',
        '@requiresScopes(scopes: [["a"], ["b", "c"]])',
      ),
    })
    const line = LIMITED.split('\n').length + 1
    const found = await repository.check('main')
    expect(found.map(({ severity, code, message, at }) => [severity, code, message, ...at])).toEqual([
      [
        'warning',
        'AUTHORIZATION_TIGHTENED',
        'Query.f0 asks more of a viewer: nothing before, a sign-in now. Used in main by schema/operations/Zero.graphql.',
        `subgraphs/a.graphql:${line}:3`,
      ],
      [
        'warning',
        'AUTHORIZATION_TIGHTENED',
        'Query.f1 asks more of a viewer: a sign-in before, a now.',
        `subgraphs/a.graphql:${line + 1}:3`,
      ],
      [
        'warning',
        'AUTHORIZATION_TIGHTENED',
        'Query.f2 asks more of a viewer: a, or b before, a now.',
        `subgraphs/a.graphql:${line + 2}:3`,
      ],
      [
        'warning',
        'AUTHORIZATION_LOOSENED',
        'Query.f3 asks less of a viewer: a before, a, or b and c now.',
        `subgraphs/a.graphql:${line + 3}:3`,
      ],
    ])
  })

  it('warns of rate limits that are tightened or loosened', async () => {
    const sdl = (...limits: string[]) =>
      `${LIMITED}type Query {\n${limits.map((limit, index) => `  f${index}: Int ${limit}`).join('\n')}\n}`
    await start({
      a: sdl('', '@rateLimit(limit: 10)', '@rateLimit(duration: 60)', '@rateLimit', '@rateLimit', '@rateLimit'),
    })
    await change({
      a: sdl(
        '@rateLimit',
        '@rateLimit(limit: 5)',
        '@rateLimit(duration: 120)',
        '@rateLimit(scope: ADDRESS)',
        '',
        '@rateLimit(limit: 60)',
      ),
    })
    const found = await repository.check('main')
    expect(found.map(({ severity, code, message }) => [severity, code, message])).toEqual([
      [
        'warning',
        'RATE_LIMIT_TIGHTENED',
        'Query.f0 answers less often: no limit before, 60 in 60 s for each viewer now.',
      ],
      ['warning', 'RATE_LIMIT_TIGHTENED', expect.stringContaining('10 in 60 s for each viewer before, 5 in 60 s')],
      ['warning', 'RATE_LIMIT_TIGHTENED', expect.stringContaining('60 in 60 s for each viewer before, 60 in 120 s')],
      [
        'warning',
        'RATE_LIMIT_CHANGED',
        'Query.f3 is limited otherwise: 60 in 60 s for each viewer before, 60 in 60 s for each address now.',
      ],
      [
        'warning',
        'RATE_LIMIT_LOOSENED',
        'Query.f4 answers more often: 60 in 60 s for each viewer before, no limit now.',
      ],
    ])
  })

  it('does not call a limit by another scope tighter or looser, since nobody can tell', async () => {
    const sdl = (limit: string) => `${LIMITED}type Query { f: Int ${limit} }`
    await start({ a: sdl('@rateLimit(limit: 10, scope: ADDRESS)') })
    await change({ a: sdl('@rateLimit(limit: 100)') })
    expect(await repository.check('main')).toMatchObject([
      {
        code: 'RATE_LIMIT_CHANGED',
        message: 'Query.f is limited otherwise: 10 in 60 s for each address before, 100 in 60 s for each viewer now.',
      },
    ])
  })

  it('warns of a @listSize that is gone or changed, which the limits of fields below the list are counted by', async () => {
    const sdl = (one: string, two: string) => `type Query { one: [Int] ${one} two(first: Int): [Int] ${two} }`
    const size = '@federation__listSize(assumedSize: 5, slicingArguments: ["first"])'
    await start({ a: sdl('@federation__listSize(assumedSize: 20)', size) })
    await change({ a: sdl('', size.replace('5', '7')) })
    const found = await repository.check('main')
    expect(found.map(({ severity, code, message }) => [severity, code, message])).toEqual([
      [
        'warning',
        'LIST_SIZE_CHANGED',
        'Query.one counts otherwise for the limits of what is below it: 20 assumed before, no @listSize now.',
      ],
      [
        'warning',
        'LIST_SIZE_CHANGED',
        'Query.two counts otherwise for the limits of what is below it: 5 assumed by first before, 7 assumed by first now.',
      ],
    ])
  })
})

describe('a base', () => {
  it('without a graph leaves nothing to compare with, which is said', async () => {
    await repository.write({ 'README.md': 'Nothing yet.' })
    await repository.commit()
    await change({ a: 'type Query { one: Int }' })
    expect(await repository.check('HEAD')).toEqual([
      {
        severity: 'warning',
        code: 'BASE_UNUSABLE',
        message: expect.stringContaining('schema/subgraphs.json is not there'),
        at: [],
      },
    ])
  })

  it('from before the supergraph was committed is composed of its subgraphs', async () => {
    await repository.subgraphs({ a: 'type Query { one: Int two: Int }' })
    await repository.commit()
    await change({ a: 'type Query { one: Int }' })
    expect((await repository.check('HEAD')).map(({ code }) => code)).toEqual(['FIELD_REMOVED'])
  })

  it('whose subgraphs do not compose is taken as its supergraph was committed', async () => {
    await start({ a: 'type Query { one: Int two: Int }' })
    await repository.subgraphs({ a: 'type Query { one: Missing }' })
    await repository.commit()
    await change({ a: 'type Query { one: Int }' })
    expect((await repository.check('HEAD')).map(({ code }) => code)).toEqual(['FIELD_REMOVED'])
  })

  it('that does not compose and has no supergraph is said to be unusable', async () => {
    await repository.subgraphs({ a: 'type Query { one: Missing }' })
    await repository.commit()
    await change({ a: 'type Query { one: Int }' })
    expect(await repository.check('HEAD')).toMatchObject([
      { severity: 'warning', code: 'BASE_UNUSABLE', message: expect.stringContaining('Unknown type Missing') },
    ])
  })

  it('that this clone does not have, or does not reach, is refused with what to fetch', async () => {
    await start({ a: 'type Query { one: Int }' })
    await expect(repository.check('origin/main')).rejects.toThrow(
      /no such commit.*git fetch origin main\n.*fetch-depth: 0/s,
    )
    await expect(repository.check('--all')).rejects.toThrow('--base --all')
    await repository.git('checkout', '--quiet', '--orphan', 'unrelated')
    await repository.write({ 'README.md': 'Another beginning.' })
    await repository.commit()
    await expect(repository.check('main')).rejects.toThrow('have no commit in common')
  })

  it('is refused in a shallow clone that does not reach back to it', async () => {
    await start({ a: 'type Query { one: Int }' })
    await repository.write({ 'README.md': 'One.' })
    await repository.commit()
    await repository.git('checkout', '--quiet', 'main')
    await repository.write({ 'README.md': 'Two.' })
    await repository.commit()
    await using clone = await createRepository()
    const refs = ['main', 'change'].map((branch) => `${branch}:refs/remotes/origin/${branch}`)
    await clone.git('fetch', '--quiet', '--depth=1', `file://${repository.root}`, ...refs)
    await clone.git('checkout', '--quiet', 'origin/change')
    await expect(clone.check('origin/main')).rejects.toThrow(/shallow.*git fetch --unshallow/s)
  })

  it('is refused outside of a repository', async () => {
    await repository.subgraphs({ a: 'type Query { one: Int }' })
    await repository.write({ '.git/HEAD': undefined })
    await expect(repository.check('main')).rejects.toThrow(/not a git repository/i)
  })
})

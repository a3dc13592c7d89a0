import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { ANONYMOUS, type Viewer } from '@portico/service-kit/viewer'
import { catalogManager } from '@portico/testkit/viewers'
import { startTestProducts, type TestProducts } from './products-subgraph.ts'

const CATALOGUE: [title: string, description?: string][] = [
  ['Walnut keyboard', 'Mechanical, with quiet switches.'],
  ['Desk mat', 'Fits a keyboard and a mouse.'],
  ['Running shoes', 'Light, for the road.'],
  ['Rain jacket', 'Keeps a runner dry.'],
  ['Bio-Müsli mit Äpfeln', 'Hafer, Rosinen und Nüsse.'],
  ['ÉCLAIR au café', 'Pâtisserie.'],
  ['Красная лампа', 'Настольная.'],
  ['Red linen shirt', 'With a blue collar.'],
  ['Blue linen shirt', 'Plain.'],
  ['Linen trousers', 'Red seams.'],
  ['Lantern'],
  ['Old iron', 'A lantens of sorts.'],
]

let products: TestProducts
beforeAll(async () => {
  products = await startTestProducts()
  for (const [title, description = null] of CATALOGUE) await products.add({ title, description })
  await products.add({ title: 'Secret keyboard', status: 'DRAFT' })
})
afterAll(() => products[Symbol.asyncDispose]())

interface Found {
  products: { nodes: { title: string }[]; totalCount: number; pageInfo: { endCursor: string; hasNextPage: boolean } }
}
const QUERY = `query ($filter: ProductFilter, $first: Int, $after: String) {
  products(filter: $filter, first: $first, after: $after) { nodes { title } totalCount pageInfo { endCursor hasNextPage } }
}`

/** The titles that a search finds, best first. */
async function find(search: string, viewer: Viewer = ANONYMOUS): Promise<string[]> {
  const { data, errors } = await products.request<Found>(QUERY, { filter: { search } }, viewer)
  expect(errors).toEqual([])
  const titles = data.products.nodes.map(({ title }) => title)
  expect(data.products.totalCount).toBe(titles.length)
  return titles
}

describe('the search for products', () => {
  it('looks at titles before descriptions', async () => {
    expect(await find('keyboard')).toEqual(['Walnut keyboard', 'Desk mat'])
    expect(await find('red')).toEqual(['Red linen shirt', 'Linen trousers'])
  })

  it('finds all words, in whatever form they are and wherever they stand', async () => {
    expect(await find('shoe run')).toEqual(['Running shoes'])
    expect(await find('Trousers RED')).toEqual(['Linen trousers'])
    expect(await find('running')).toEqual(['Running shoes'])
    expect(await find('the keyboard with the switches')).toEqual(['Walnut keyboard'])
  })

  it('knows quotes, minus and or', async () => {
    expect(await find('"linen shirt" -red')).toEqual(['Blue linen shirt'])
    expect(await find('"shirt linen"')).toEqual([])
    expect((await find('walnut or trousers')).toSorted()).toEqual(['Linen trousers', 'Walnut keyboard'])
  })

  it.each([
    ['a letter left out', 'keybord', 'Walnut keyboard'],
    ['a letter too many', 'keyyboard', 'Walnut keyboard'],
    ['a wrong letter', 'jackit', 'Rain jacket'],
    ['two letters swapped', 'keybaord', 'Walnut keyboard'],
    ['two letters swapped in a short word', 'deks mat', 'Desk mat'],
    ['a mistake in one of several words', 'wallnut keyboard', 'Walnut keyboard'],
    ['a mistake beside a word that says nothing', 'keybord with', 'Walnut keyboard'],
    ['a mistake beside a word of the description', 'keybord switches', 'Walnut keyboard'],
    ['a mistake in another alphabet', 'красня', 'Красная лампа'],
    ['a mistake beside an accent', 'müslie', 'Bio-Müsli mit Äpfeln'],
    ['a word not yet finished', 'trous', 'Linen trousers'],
  ])('forgives %s: %s', async (_, search, title) => {
    expect((await find(search))[0]).toBe(title)
  })

  it.each([
    ['MÜSLI', 'Bio-Müsli mit Äpfeln'],
    ['musli', 'Bio-Müsli mit Äpfeln'],
    ['Mu\u0308sli', 'Bio-Müsli mit Äpfeln'],
    ['äpfeln', 'Bio-Müsli mit Äpfeln'],
    ['NÜSSE', 'Bio-Müsli mit Äpfeln'],
    ['éclair', 'ÉCLAIR au café'],
    ['CAFE', 'ÉCLAIR au café'],
    ['patisserie', 'ÉCLAIR au café'],
    ['ЛАМПА', 'Красная лампа'],
  ])('minds neither case nor accents: %s', async (search, title) => {
    expect(await find(search)).toEqual([title])
  })

  it('ranks what has the words above what has something like them', async () => {
    expect(await find('lantens')).toEqual(['Old iron', 'Lantern'])
  })

  it('does not guess where someone means what they write, or at words that say nothing', async () => {
    expect(await find('"keybord"')).toEqual([])
    expect(await find('keybord -blue')).toEqual([])
    expect(await find('shirt -linnen')).toEqual(['Blue linen shirt', 'Red linen shirt'])
    expect(await find('them from')).toEqual([])
    expect(await find('helicopter')).toEqual([])
  })

  it.each([
    '!!!',
    "'",
    '"',
    '-',
    '\\',
    '%',
    '_',
    ':*',
    '<->',
    '& | !',
    '(',
    'a\u0000b',
    '\ud800',
    '\ufdfa',
    'x'.repeat(100),
  ])('takes %j for text like any other', async (search) => {
    expect(await find(search)).toEqual([])
  })

  it.each(['x'.repeat(101), '\ufdfa'.repeat(10)])('refuses more than 100 characters: %s', async (search) => {
    const { data, errors } = await products.request(QUERY, { filter: { search } })
    expect(data).toEqual({ products: null })
    expect(errors).toMatchObject([
      { message: '"search" must be at most 100 characters.', extensions: { code: 'BAD_USER_INPUT' } },
    ])
  })

  it('finds drafts only for those who write products', async () => {
    expect(await find('secret')).toEqual([])
    expect(await find('secret', catalogManager())).toEqual(['Secret keyboard'])
  })

  it('is walked in pages across what has the words and what has something like them', async () => {
    const walked: string[] = []
    for (let after: string | null = null, more = true; more;) {
      const { data }: { data: Found } = await products.request<Found>(QUERY, {
        filter: { search: 'lantens' },
        first: 1,
        after,
      })
      walked.push(...data.products.nodes.map(({ title }) => title))
      after = data.products.pageInfo.endCursor
      more = data.products.pageInfo.hasNextPage
    }
    expect(walked).toEqual(['Old iron', 'Lantern'])
  })
})

import { numberOf } from './seeded.ts'

const BOOK = ['title', 'subtitle', 'pages', 'format', 'publisher', 'available', 'shelf', 'loanDays']
const REVIEW = ['stars', 'text', 'helpful']
const MEMBER = ['name', 'handle', 'birthday', 'joinedYear']
const AUTHOR = ['name', 'country', 'bornYear']

/** Operations over all subgraphs, of which no two are alike, and none like one of another round. */
export function burstOf(round: number, count: number): { query: string; variables: { first: number } }[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `Burst_${round}_${index}`
    const some = (fields: readonly string[], purpose: string) => {
      const bits = 1 + (numberOf(`${name}.${purpose}`) % (2 ** fields.length - 1))
      return fields.filter((_field, bit) => (bits >> bit) % 2 === 1).join(' ')
    }
    const book = `isbn ${some(BOOK, 'book')} authors { id ${some(AUTHOR, 'author')} }`
    const reviewer = `reviewer { id ${some(MEMBER, 'reviewer')} }`
    const query = `query ${name}($first: Int!) {
      members(first: $first) {
        id
        ${some(MEMBER, 'member')}
        reviews { id ${some(REVIEW, 'review')} book { ${book} reviews { id ${some(REVIEW, 'inner')} ${reviewer} } } }
      }
      newest(first: $first) { isbn ${some(BOOK, 'newest')} reviews { id ${reviewer} } }
    }`
    return { query, variables: { first: 2 } }
  })
}

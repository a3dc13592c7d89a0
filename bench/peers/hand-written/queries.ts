// Nine requests answer the deep query: what one subgraph is asked at the same time goes into one request.
//
// `end: __typename` is for the program that does not parse: it finds the end of an object by it.
const MEMBERS = 'query($first:Int!){members(first:$first){id name handle birthday END}}'
const NEWEST = 'query($first:Int!){newest(first:$first){isbn title subtitle pages format publisher authors{id} END}}'
const NESTED = 'id stars text reviewer{id reviews{id stars book{isbn}}}'
const REVIEWS = `query($a:[_Any!]!,$b:[_Any!]!){a:_entities(representations:$a){...on Member{reviews{id stars text helpful book{isbn reviews{${NESTED}}}} END}}b:_entities(representations:$b){...on Book{reviews{${NESTED}} END}}}`
const CARDS =
  'query($a:[_Any!]!,$b:[_Any!]!){a:_entities(representations:$a){...on Book{title subtitle pages format authors{id} END}}b:_entities(representations:$b){...on Book{title END}}}'
const REVIEWERS =
  'query($a:[_Any!]!,$b:[_Any!]!){a:_entities(representations:$a){...on Member{name handle END}}b:_entities(representations:$b){...on Member{name handle joinedYear END}}}'
const SHELVES =
  'query($a:[_Any!]!,$b:[_Any!]!){a:_entities(representations:$a){...on Book{available shelf loanDays END}}b:_entities(representations:$b){...on Book{available END}}}'
const NEWEST_SHELVES = 'query($a:[_Any!]!){a:_entities(representations:$a){...on Book{available shelf loanDays END}}}'
const AUTHORS = 'query($a:[_Any!]!){a:_entities(representations:$a){...on Author{name country END}}}'
const NEWEST_AUTHORS = 'query($a:[_Any!]!){a:_entities(representations:$a){...on Author{name country bornYear END}}}'

/** Makes the bodies of the requests. Representations are given as the text of what is between the brackets. */
export interface Bodies {
  members(first: number): string
  newest(first: number): string
  reviews(a: string, b: string): string
  cards(a: string, b: string): string
  reviewers(a: string, b: string): string
  shelves(a: string, b: string): string
  newestShelves(a: string): string
  authors(a: string): string
  newestAuthors(a: string): string
}

/** `hasEnds`: objects of lists end with `,"end":"Type"}`. */
export function createBodies({ hasEnds }: { hasEnds: boolean }): Bodies {
  const queryOf = (query: string) => query.replaceAll(/ END/g, hasEnds ? ' end:__typename' : '')
  const first = (query: string) => {
    const start = `{"query":"${queryOf(query)}","variables":{"first":`
    return (count: number) => `${start}${count}}}`
  }
  const two = (query: string) => {
    const start = `{"query":"${queryOf(query)}","variables":{"a":[`
    return (a: string, b: string) => `${start}${a}],"b":[${b}]}}`
  }
  const one = (query: string) => {
    const start = `{"query":"${queryOf(query)}","variables":{"a":[`
    return (a: string) => `${start}${a}]}}`
  }
  return {
    members: first(MEMBERS),
    newest: first(NEWEST),
    reviews: two(REVIEWS),
    cards: two(CARDS),
    reviewers: two(REVIEWERS),
    shelves: two(SHELVES),
    newestShelves: one(NEWEST_SHELVES),
    authors: one(AUTHORS),
    newestAuthors: one(NEWEST_AUTHORS),
  }
}

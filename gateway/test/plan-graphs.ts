/** Small subgraphs, by the supergraph that they compose to: whatever is hard to plan, and no arguments that are needed. */
export const PLAN_GRAPHS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'interface objects': {
    catalog: `type Query { media: [Media] any: [[Any!]!]! book: Book }
      interface Media @key(fields: "id") { id: ID! title: String }
      type Book implements Media @key(fields: "id") { id: ID! title: String isbn: String author: Person }
      type Film implements Media @key(fields: "id") { id: ID! title: String author: Person length: Int }
      type Person @key(fields: "id") { id: ID! }
      union Any = Book | Film | Person`,
    reviews: `type Query { top: [Media!]! }
      type Media @interfaceObject @key(fields: "id") { id: ID! reviews: [Review!]! score: Int }
      type Review { body: String }`,
    people: `type Query { person: Person } type Person @key(fields: "id") { id: ID! name: String friend: Person }`,
  },
  requirements: {
    a: `type Query { p: P i: I u: [U] }
      interface I { id: ID! x: Int } union U = P | Q
      type P implements I @key(fields: "id") { id: ID! x: Int w: Int o: O @shareable }
      type Q implements I @key(fields: "id k") { id: ID! k: String x: Int p: P o: O @shareable }
      type O @shareable { a: Int b: Int }`,
    b: `type P @key(fields: "id") { id: ID! w: Int @external o: O @external free: Int q: Q
        r: Int @requires(fields: "w") r2: Int @requires(fields: "o { a }") }
      type Q @key(fields: "id k") { id: ID! k: String y: Int } type O { a: Int @external }`,
    c: `type Query { q: Q @shareable ps: [P!]! }
      type P @key(fields: "id") { id: ID! r: Int @external rr: Int @requires(fields: "r") o: O @shareable }
      type Q @key(fields: "id k") { id: ID! k: String x: Int @external z: Int @requires(fields: "x") }
      type O @shareable { a: Int b: Int }`,
  },
  'shared fields': {
    a: `type Query { t: T @shareable u: U @shareable n: N @shareable }
      union U = A | B interface N { s: String }
      type A implements N @shareable { x: Int s: String } type B implements N @shareable { y: Int s: String }
      type T @shareable { one: Int v: V } type V @shareable { i: Int j: Int }`,
    b: `type Query { t: T @shareable u: U @shareable n: N @shareable bu: U }
      union U = A | C interface N { s: String }
      type A implements N @shareable { x: Int s: String x2: Int } type C implements N @shareable { z: Int s: String }
      type T @shareable { two: Int v: V } type V @shareable { i: Int k: Int }`,
  },
  'provided fields': {
    a: `type Query { list: [X!]! m: [M!]! }
      type X @key(fields: "id") { id: ID! e: E @provides(fields: "n") e2: E }
      type E @key(fields: "id") { id: ID! n: String @external m: Int }
      interface M @key(fields: "id") { id: ID! }
      type M1 implements M @key(fields: "id") { id: ID! f: E @provides(fields: "n") }
      type M2 implements M @key(fields: "id") { id: ID! g: Int }`,
    b: `type E @key(fields: "id") { id: ID! n: String @shareable l: Int }
      type M @interfaceObject @key(fields: "id") { id: ID! io: Int e: E }
      type X @key(fields: "id") { id: ID! bx: [X!] }`,
  },
  keys: {
    a: `type Query { p: Product }
      type Product @key(fields: "id") { id: ID! org: Org @shareable } type Org @key(fields: "id") { id: ID! name: String }`,
    c: `type Query { c: Product }
      type Product @key(fields: "sku", resolvable: false) @key(fields: "id") {
        id: ID! sku: String up: String @external cx: Int @requires(fields: "up") cf: Int }`,
    d: `type Product @key(fields: "sku") { sku: String up: String }`,
    e: `type Product @key(fields: "id org { id }") { id: ID! org: Org @shareable ee: Int }
      type Org @key(fields: "id", resolvable: false) { id: ID! }`,
  },
  contexts: {
    a: `type Query { t: T! ts: [T!]! s: S! us: [US!]! } union US = T | S
      type T @key(fields: "id") @context(name: "ctx") { id: ID! u: U! us: [U!]! prop: String nest: Nest inner: Mid }
      type S @key(fields: "id") @context(name: "ctx") { id: ID! u: U! prop: String nest: Nest }
      type Mid { us: [U!]! } type Nest { v: String w: W } type W { z: String }
      type U @key(fields: "id") { id: ID! deep: D
        field(a: String @fromContext(field: "$ctx { prop }")): Int!
        either(b: Int, a: String @fromContext(field: "$ctx ... on T { prop } ... on S { prop }")): Int
        nested(a: String @fromContext(field: "$ctx { nest { w { z } } }")): Int }
      type D @key(fields: "id") { id: ID! dd(a: String @fromContext(field: "$ctx { prop }")): Int t: T }`,
    b: `type U @key(fields: "id") { id: ID! name: String t2: T } type T @key(fields: "id") { id: ID! extra: String }`,
  },
  mutations: {
    a: `type Query { q: Int } type Mutation { shared: P @shareable ma: P } type P @key(fields: "id") { id: ID! n: String }`,
    b: `type Mutation { mb: P shared: P @shareable } type P @key(fields: "id") { id: ID! bn: String }`,
  },
  overrides: {
    a: `type Query { p: Product a1: Int @override(from: "b", label: "percent(20)") }
      type Product @key(fields: "id") { id: ID! name: String @override(from: "b", label: "names") sub: String }`,
    b: `type Query { a1: Int bp: Product } type Product @key(fields: "id") { id: ID! name: String }`,
  },
  arguments: {
    a: `type Query { p: P ps: [P!]! } type P @key(fields: "id") { id: ID! price(in: String): Int nested: Nested }
      type Nested { v(u: Int): Int w: Int }`,
    b: `type P @key(fields: "id") { id: ID! free: Int price(in: String): Int @external nested: Nested @external
        usd: Int @requires(fields: "price(in: \\"USD\\")") eur: Int @requires(fields: "price(in: \\"EUR\\")")
        n1: Int @requires(fields: "nested { v(u: 1) }") n2: Int @requires(fields: "nested { v w }") }
      type Nested { v(u: Int): Int @external w: Int @external }`,
    c: `type P @key(fields: "id") { id: ID! price(in: String): Int @external any: Int @requires(fields: "price")
        gbp: Int @requires(fields: "price(in: \\"GBP\\")") again: P }`,
  },
}

import { describe, expect, it } from '@jest/globals'
import { buildSchema, parse } from 'graphql'
import { createUsers, findUsedCoordinates } from '../src/usage.ts'

const schema = buildSchema(`
  type Query { node(id: ID, by: By, kind: Kind): Node all: [Any] kind: Kind }
  interface Node { id: ID! }
  type A implements Node { id: ID! a(n: Int): Int }
  type B implements Node { id: ID! b: Int }
  union Any = A | B
  input By { name: Name kind: Kind }
  input Name { first: String by: By }
  enum Kind { ONE TWO }
`)

const used = (text: string) => [...findUsedCoordinates(schema, parse(text))].toSorted()

describe('what an operation uses', () => {
  it('is what it selects, and of an interface also what implements it', () => {
    expect(used('{ node { id } }')).toEqual(['A.id', 'B.id', 'ID', 'Node', 'Node.id', 'Query', 'Query.node'])
  })

  it('is what its fragments select, and the types that they are on', () => {
    expect(used('{ all { ... on B { __typename } ...F } } fragment F on A { a }')).toEqual(
      expect.arrayContaining(['Any', 'B', 'A', 'A.a', 'Query.all']),
    )
    expect(used('{ all { __typename } }')).not.toContain('A')
  })

  it('is what it gives, and not what it could have given', () => {
    const given = used('{ node(id: 1, by: { kind: ONE }) { ... on A { a(n: 1) } } }')
    expect(given).toEqual(expect.arrayContaining(['Query.node.id', 'Query.node.by', 'By.kind', 'Kind.ONE', 'A.a.n']))
    expect(given).not.toContain('Query.node.kind')
    expect(given).not.toContain('By.name')
    expect(given).not.toContain('Kind.TWO')
  })

  it('is everything that may be in its variables', () => {
    expect(used('query ($by: By) { node(by: $by) { __typename } }')).toEqual(
      expect.arrayContaining(['By', 'By.name', 'By.kind', 'Name.first', 'Name.by', 'Kind.ONE', 'Kind.TWO']),
    )
    expect(used('{ kind }')).not.toContain('Kind.ONE')
  })

  it('is nothing when it was not valid', () => {
    const users = createUsers(schema, [
      { file: 'Valid.graphql', text: '{ kind }' },
      { file: 'Invalid.graphql', text: '{ kind gone }' },
      { file: 'Broken.graphql', text: '{ kind' },
    ])
    expect(users('Query.kind')).toEqual(['Valid.graphql'])
  })
})

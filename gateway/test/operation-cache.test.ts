import { describe, expect, it } from '@jest/globals'
import { Kind, parse, visit } from 'graphql'
import { toOperation } from '../src/admission/operations.ts'
import { createOperationCache } from '../src/operation-cache.ts'

/** The first operation of a document, under a key of its own. */
function operationOf(source: string, key = source) {
  const document = parse(source)
  const definition = document.definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION)
  if (!definition) throw new Error('There is no operation.')
  return toOperation(document, definition, key)
}

describe('what is kept of operations', () => {
  it('is made once for each operation and variant', () => {
    const cache = createOperationCache<object>({ maxEntries: 10 })
    const [one, other] = [operationOf('{ a }'), operationOf('{ b }')]
    const made = cache.get(one, () => ({}))
    expect(cache.get(one, () => ({}))).toBe(made)
    expect(cache.get(other, () => ({}))).not.toBe(made)
    expect(cache.get(one, () => ({}), 'variant')).not.toBe(made)
    expect(cache.count()).toBe(3)
  })

  it('was bounded in number only, so that a few hundred large ones filled the memory', () => {
    const cache = createOperationCache<object>({ maxEntries: 1000, maxCharacters: 100_000 })
    const large = operationOf(`{ ${'a { b c } '.repeat(1000)} }`)
    for (let index = 0; index < 50; index += 1) cache.get({ ...large, key: `${index}` }, () => ({}))
    expect(large.size).toBeGreaterThan(10_000)
    expect(cache.count()).toBe(Math.floor(100_000 / large.size))
    for (let index = 0; index < 2000; index += 1) cache.get({ ...operationOf('{a}'), key: `${index}` }, () => ({}))
    expect(cache.count()).toBe(1000)
  })

  it('counts what a value takes beside its operation, and is not kept when it is larger than everything', () => {
    const cache = createOperationCache<{ size: number }>({
      maxEntries: 9,
      maxCharacters: 100,
      sizeOf: ({ size }) => size,
    })
    const small = { key: 'small', size: 30 }
    cache.get(small, () => ({ size: 10 }), '1')
    cache.get(small, () => ({ size: 10 }), '2')
    cache.get(small, () => ({ size: 10 }), '3')
    expect(cache.count()).toBe(2)
    expect(cache.get(small, () => ({ size: 1000 }), '4')).toEqual({ size: 1000 })
    expect(cache.count()).toBe(2)
  })
})

describe('an operation that is kept', () => {
  const source = `
    query A($x: Boolean = true) { a @skip(if: $x) ...F }
    query B { b }
    fragment F on Query { c ...G @include(if: $y) }
    fragment G on Query { d }
    fragment H on Query { e }`

  it('holds what it uses of its document, and no place in the text, which would keep all of its tokens', () => {
    const { document, definition, fragments } = operationOf(source)
    expect(definition.name?.value).toBe('A')
    expect(Object.keys(fragments)).toEqual(['F', 'G'])
    expect(document.definitions).toHaveLength(3)
    const located: string[] = []
    visit(document, {
      enter(node) {
        if (node.loc) located.push(node.kind)
      },
    })
    expect(located).toEqual([])
  })

  it('knows which variables decide what is selected', () => {
    expect(operationOf(source).switches.toSorted()).toEqual(['x', 'y'])
  })

  it('is as large as its fragments make it', () => {
    const bomb = Array.from(
      { length: 10 },
      (_, index) => `fragment F${index} on Q { a { ...F${index + 1} ...F${index + 1} } }`,
    )
    const { size } = operationOf(`{ ...F0 } ${bomb.join(' ')} fragment F10 on Q { a }`)
    expect(size).toBeGreaterThan(20_000)
    expect(operationOf('{ a }').size).toBeLessThan(100)
  })
})

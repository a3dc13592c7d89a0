import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { ResponseReader } from '../src/subgraph/http1/response-reader.ts'

/** Reads a text in pieces of these sizes, from memory that is overwritten after each, as that of connections is. */
function readInPieces(reader: ResponseReader, text: string, sizes: readonly number[]): string | undefined {
  const memory = Buffer.alloc(text.length)
  let at = 0
  for (let piece = 0; at < text.length; piece++) {
    const end = at + (sizes[piece % sizes.length] ?? text.length)
    const size = memory.write(text.slice(at, end), 'latin1')
    const isComplete = reader.read(memory.subarray(0, size))
    const body = isComplete ? reader.body.toString('latin1') : undefined
    memory.fill('#')
    at = end
    if (isComplete) return at >= text.length ? body : undefined
  }
  return undefined
}

/** What comes of reading a text with a limit of 20 bytes. */
function outcomeOf(text: string, sizes: readonly number[]): string {
  const reader = new ResponseReader(20)
  try {
    readInPieces(reader, text, sizes)
    return reader.body.length <= 20 ? 'at most 20 bytes' : 'more'
  } catch (error) {
    return error instanceof Error ? error.name : 'something else'
  }
}

const body = fc.string({ maxLength: 300, unit: fc.constantFrom('a', '\r', '\n', '0', '\xff') })
const sizes = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 10 })

describe('a reader of answers', () => {
  it('reads one that has a length, and the next, however they are cut', () => {
    fc.assert(
      fc.property(fc.array(body, { maxLength: 4 }), sizes, (bodies, cuts) => {
        const reader = new ResponseReader(300)
        for (const text of bodies) {
          reader.reset()
          const answer = `HTTP/1.1 200 OK\r\nx: y\r\nContent-Length: ${text.length}\r\n\r\n${text}`
          expect([readInPieces(reader, answer, cuts), reader.keepAlive]).toEqual([text, true])
        }
      }),
    )
  })

  it('reads one in chunks however it is cut', () => {
    fc.assert(
      fc.property(fc.array(body, { maxLength: 6 }), sizes, fc.nat(2), (chunks, cuts, trailers) => {
        const reader = new ResponseReader(1800)
        const full = chunks.filter((chunk) => chunk !== '')
        const coded = full.map((chunk) => `${chunk.length.toString(16)};x\r\n${chunk}\r\n`).join('')
        const answer = `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${coded}0\r\n${'x: y\r\n'.repeat(trailers)}\r\n`
        expect([readInPieces(reader, answer, cuts), reader.keepAlive]).toEqual([full.join(''), true])
      }),
    )
  })

  it('reads one that ends with the connection however it is cut', () => {
    fc.assert(
      fc.property(body, sizes, (text, cuts) => {
        const reader = new ResponseReader(300)
        expect(readInPieces(reader, `HTTP/1.1 200 OK\r\n\r\n${text}`, cuts)).toBeUndefined()
        expect([reader.end(), reader.body.toString('latin1'), reader.keepAlive]).toEqual([true, text, false])
      }),
    )
  })

  it('never takes more than the limit, nor fails in another way than it says, whatever comes', () => {
    const token = fc.constantFrom(
      'HTTP/1.1 200 OK\r\n',
      'HTTP/1.1 100 Continue\r\n\r\n',
      'content-length: 5\r\n',
      'content-length: 99\r\n',
      'transfer-encoding: chunked\r\n',
      'connection: close\r\n',
      '\r\n',
      '5\r\n',
      '0\r\n',
      'abcde',
      '\n',
      ':',
      '\0',
    )
    fc.assert(
      fc.property(fc.array(token, { maxLength: 12 }), sizes, (tokens, cuts) => {
        expect(outcomeOf(tokens.join(''), cuts)).toMatch(/^(ProtocolError|BodyTooLargeError|at most 20 bytes)$/)
      }),
      { numRuns: 2000 },
    )
  })
})

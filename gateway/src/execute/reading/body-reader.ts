import { isUtf8 } from 'node:buffer'
import type { ReadBody, ReadData } from '../../subgraph/flight.ts'
import type { Tree } from '../tree.ts'
import { Cursor } from './cursor.ts'
import { skips, readNested, type Read } from './values.ts'

/** So many answers are parsed before a reader is made: most operations that a gateway sees once never come again. */
const NOT_WORTH_IT = 2
/** Most answers that are parsed before one is read again. */
const LONGEST_PAUSE = 1000

/**
 * Reads answers that have data and nothing else, which `make` makes a reader of. A subgraph that writes its answers in
 * another way than is read, or has errors to tell, is tried again more and more seldom.
 */
export function createBodyReader(make: () => Read): ReadBody {
  let read: Read | undefined
  let pause = NOT_WORTH_IT
  let failures = 0

  return (body) => {
    if (pause > 0) {
      pause -= 1
      return undefined
    }
    read ??= make()
    const answer = readAnswer(body, read)
    failures = answer ? 0 : failures + 1
    if (!answer) pause = Math.min(2 ** failures, LONGEST_PAUSE)
    return answer
  }
}

const START = Buffer.from('{"data":{')

function readAnswer(body: Buffer, read: Read): ReadData | undefined {
  // Where errors are told first, no more than this has been looked at.
  if (START.some((byte, index) => body[index] !== byte)) return undefined
  const cursor = new Cursor(body)
  cursor.at = START.length - 1
  const data = read(cursor)
  if (data === undefined || !skips(cursor, '}')) return undefined
  while (skips(cursor, '\n')) continue
  if (cursor.at !== body.length || (cursor.isBeyondAscii && !isUtf8(body))) return undefined
  return { data: data as Tree, hasEscapes: cursor.hasEscapes }
}

/** Reads an object that has a list of objects, or of null, under each name; `fields` are the readers of these. */
export function readLists(fields: readonly (readonly [name: string, read: Read])[]): Read {
  const steps = fields.map(([name, read], index) => ({ name, read, start: `${index === 0 ? '{' : ','}"${name}":` }))
  return (cursor) => {
    const lists: Tree = {}
    for (const { name, read, start } of steps) {
      if (!skips(cursor, start)) return undefined
      const list = readNested(cursor, read)
      if (list === undefined) return undefined
      lists[name] = list
    }
    return skips(cursor, '}') ? lists : undefined
  }
}

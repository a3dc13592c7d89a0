import { isUtf8 } from 'node:buffer'
import type { ReadBody, ReadData } from '../../subgraph/flight.ts'
import type { Tree } from '../tree.ts'
import { Cursor } from './cursor.ts'
import { readNested, skips, type Read } from './values.ts'

/** So many bytes of answers are parsed before a reader is worth what it takes to make it. */
const WORTH_BYTES = 128 * 1024
/** Most answers that are parsed before one is read again. */
const LONGEST_PAUSE = 1000
/** Larger shares of an answer that are read slowly make parsing the faster way. */
const MOST_SLOW_SHARE = 0.2

export interface BodyReaderOptions {
  /** Of answers that are parsed before a reader is made. Default: 128 KiB. */
  parsedBytes?: number | undefined
}

/** What was parsed so far for all readers that are of much the same. */
export interface Parsed {
  bytes: number
}

/**
 * Reads answers that have data and nothing else, which `make` makes a reader for, once enough was parsed. A subgraph whose
 * answers can't be read, or not any faster than they are parsed, is tried again more and more seldom.
 */
export function createBodyReader(
  make: () => Read,
  { parsedBytes = WORTH_BYTES }: BodyReaderOptions = {},
  parsed: Parsed = { bytes: 0 },
): ReadBody {
  let read: Read | undefined
  let pause = 0
  let failures = 0

  function tryReading(cursor: Cursor): ReadData | undefined {
    try {
      return readAnswer(cursor, (read ??= make()))
    } catch {
      // An answer that is deeper than the stack: the parser tells what it is.
      return undefined
    }
  }

  return (body) => {
    if (parsed.bytes < parsedBytes) {
      parsed.bytes += body.length
      return undefined
    }
    if (pause > 0) {
      pause -= 1
      return undefined
    }
    const cursor = hasData(body) ? new Cursor(body) : undefined
    const answer = cursor && tryReading(cursor)
    const isFaster = answer && cursor.slowBytes <= body.length * MOST_SLOW_SHARE
    failures = isFaster ? 0 : failures + 1
    if (!isFaster) pause = Math.min(2 ** failures, LONGEST_PAUSE)
    return answer
  }
}

const START = Buffer.from('{"data":{')

function hasData(body: Buffer): boolean {
  return START.every((byte, index) => body[index] === byte)
}

function readAnswer(cursor: Cursor, read: Read): ReadData | undefined {
  cursor.at = START.length - 1
  const data = read(cursor)
  if (data === undefined || !skips(cursor, '}')) return undefined
  while (skips(cursor, '\n')) continue
  if (cursor.at !== cursor.size || (cursor.isBeyondAscii && !isUtf8(cursor.bytes))) return undefined
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

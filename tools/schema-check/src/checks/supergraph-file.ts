import { SUPERGRAPH_FILE } from '../snapshot.ts'
import type { Check } from './check.ts'

/** The committed supergraph is what the subgraphs compose to. */
export const checkSupergraphFile: Check = ({ now: { committedText, supergraphText } }) => {
  if (supergraphText === undefined || committedText === supergraphText) return []
  const stale = { check: 'supergraph', severity: 'error' } as const
  const advice = 'run npm run schema:compose and commit the result'
  if (committedText === undefined) {
    const message = `${SUPERGRAPH_FILE} is not there: ${advice}.`
    return [{ ...stale, code: 'SUPERGRAPH_MISSING', message, locations: [{ file: SUPERGRAPH_FILE }] }]
  }
  const line = firstDifference(committedText, supergraphText)
  const message = `${SUPERGRAPH_FILE} is not what the subgraphs compose to: ${advice}.`
  return [{ ...stale, code: 'SUPERGRAPH_STALE', message, locations: [{ file: SUPERGRAPH_FILE, line, column: 1 }] }]
}

function firstDifference(text: string, other: string): number {
  const others = other.split('\n')
  const lines = text.split('\n')
  const index = lines.findIndex((line, at) => line !== others[at])
  return index === -1 ? lines.length : index + 1
}

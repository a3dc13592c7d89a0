import { describe, expect, it } from '@jest/globals'
import { parseTraceContext } from '@portico/service-kit/trace-context'

const IDS = '0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331'
const PARENT = `00-${IDS}-01`

describe('the trace context of a request', () => {
  it.each([
    ['sampled', PARENT],
    ['not sampled', `00-${IDS}-00`],
    ['with flags that nobody knows yet', `00-${IDS}-ff`],
  ])('that is %s is what it says', (_, traceparent) => {
    expect(parseTraceContext({ traceparent })).toEqual({ traceparent })
  })

  it('of a later version is what version 00 understands of it', () => {
    for (const later of [`01-${IDS}-03`, `cc-${IDS}-01-what-the-future-holds`]) {
      expect(parseTraceContext({ traceparent: later })).toEqual({ traceparent: PARENT })
    }
  })

  it.each([
    undefined,
    '',
    'yes',
    `ff-${IDS}-01`,
    `0-${IDS}-01`,
    `00-${IDS}-1`,
    `00-${IDS}`,
    `${PARENT}-more`,
    `cc-${IDS}-01.more`,
    `${PARENT} `,
    `${PARENT}, ${PARENT}`,
    PARENT.toUpperCase(),
    `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
    `00-0af7651916cd43dd8448eb211c80319c-${'0'.repeat(16)}-01`,
  ])('is none with the parent %p', (traceparent) => {
    expect(parseTraceContext({ traceparent, tracestate: 'a=b' })).toBeUndefined()
  })

  it.each([
    'congo=t61rcWkgMzE',
    'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE',
    'rojo=1 , , 0tenant@vendor=a b',
    `${'k'.repeat(256)}=v`,
    Array.from({ length: 32 }, (_, index) => `k${index}=v`).join(),
  ])('keeps the state %p', (tracestate) => {
    expect(parseTraceContext({ traceparent: PARENT, tracestate })).toEqual({ traceparent: PARENT, tracestate })
  })

  it.each([
    '',
    ',',
    'congo',
    'congo=',
    '=value',
    'congo=a=b',
    'Congo=1',
    'congo=1,congo=2',
    'congo=Grüße',
    'congo=a\tb',
    `${'k'.repeat(257)}=v`,
    `congo=${'v'.repeat(600)}`,
    Array.from({ length: 33 }, (_, index) => `k${index}=v`).join(),
  ])('stays without the state %p', (tracestate) => {
    expect(parseTraceContext({ traceparent: PARENT, tracestate })).toEqual({ traceparent: PARENT })
  })
})

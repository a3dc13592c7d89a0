import { describe, expect, it } from '@jest/globals'
import { ANONYMOUS } from '@portico/service-kit/viewer'
import { networkOf, subjectOf } from '../src/admission/rate-limits/subject.ts'
import { clientAddressOf } from '../src/http/client-address.ts'

describe('the address of a client', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['203.0.113.7:99', '203.0.113.7'],
    ['::FFFF:cb00:7107', '203.0.113.7'],
    ['[2001:0DB8:0001::9]:443', '2001:db8:1::9'],
    ['fe80::1%eth0', 'fe80::1'],
    ['', 'unknown'],
    ['garbage', 'unknown'],
    ['203.0.113.7\n{"level":60}', 'unknown'],
    ['203.0.113.7, 10.0.0.1', 'unknown'],
  ])('that is told as %j is %s', (text, address) => {
    expect(clientAddressOf(text)).toBe(address)
  })
})

describe('the network of a client', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['203.0.113.7:51234', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::FFFF:cb00:7107', '203.0.113.7'],
    ['0:0:0:0:0:ffff:203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::', '2001:db8:1:2::/64'],
    ['[2001:db8:1:2::9]:443', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['64:ff9b::203.0.113.7', '64:ff9b:0:0::/64'],
    ['', 'unknown'],
    ['localhost', 'unknown'],
    ['203.0.113.7, 10.0.0.1', 'unknown'],
    ['1:2:3:4:5:6:7:8:9', 'unknown'],
  ])('of %j is %s', (address, network) => {
    expect(networkOf(clientAddressOf(address))).toBe(network)
  })
})

describe('the subject of a limit', () => {
  const viewer = { kind: 'user', id: 'ann@example.com', roles: [], scopes: [], plan: 'PRO' } as const

  it('is a viewer without telling who, or the network of whom nobody knows', () => {
    const subject = subjectOf('VIEWER', viewer, '203.0.113.7')
    expect(subject).toMatch(/^viewer:[\w-]{22}$/)
    expect(subjectOf('VIEWER', viewer, '203.0.113.8')).toBe(subject)
    expect(subjectOf('VIEWER', { ...viewer, id: 'bob@example.com' }, '203.0.113.7')).not.toBe(subject)
    expect(subjectOf('VIEWER', ANONYMOUS, '203.0.113.7')).toBe('address:203.0.113.7')
  })

  it('is the network for limits by address, whoever asks', () => {
    expect(subjectOf('ADDRESS', viewer, '203.0.113.7')).toBe('address:203.0.113.7')
  })
})

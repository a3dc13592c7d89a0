import { createHash } from 'node:crypto'
import { isIP } from 'node:net'
import type { Viewer } from '@portico/service-kit/viewer'
import type { RateLimit } from '../../supergraph/rate-limit-directives.ts'

/**
 * Whose points a limit counts, as a part of a key: a viewer's id, hashed, since another issuer's may be an email; or the
 * network that a client is in.
 */
export function subjectOf(scope: RateLimit['scope'], viewer: Viewer, clientAddress: string): string {
  if (scope === 'ADDRESS' || viewer.kind === 'anonymous') return `address:${networkOf(clientAddress)}`
  return `viewer:${createHash('sha256').update(viewer.id).digest('base64url').slice(0, 22)}`
}

/**
 * An address as limits count it: IPv4 as it is, also when it is written as IPv6 or with a port; of IPv6 the first 64 bits,
 * since a single client has all the others to choose from. What is no address is one network.
 */
export function networkOf(text: string): string {
  const address = text
    .replace(/^\[(.*)\](:\d+)?$/, '$1')
    .replace(/^([\d.]+):\d+$/, '$1')
    .replace(/%.*$/, '')
  const version = isIP(address)
  if (version === 4) return address
  if (version === 0) return 'unknown'
  const groups = groupsOf(address)
  const [high = 0, low = 0] = groups.slice(6)
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff
  if (isMapped) return [high >> 8, high & 255, low >> 8, low & 255].join('.')
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`
}

/** The eight numbers of an IPv6 address. */
function groupsOf(address: string): number[] {
  // The URL parser writes every address in one way, so that only `::` is left to expand.
  const { hostname } = new URL(`http://[${address}]`)
  const [start = [], end = []] = hostname
    .slice(1, -1)
    .split('::')
    .map((half) =>
      half
        .split(':')
        .filter((group) => group !== '')
        .map((group) => Number.parseInt(group, 16)),
    )
  return [...start, ...Array.from({ length: 8 - start.length - end.length }, () => 0), ...end]
}

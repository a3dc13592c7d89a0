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
 * An address in its one way of writing, as limits count it: IPv4 as it is; of IPv6 the first 64 bits, since a single client
 * has all the others to choose from. Clients whose address nobody knows are one network.
 */
export function networkOf(address: string): string {
  if (isIP(address) !== 6) return address
  const [start = [], end = []] = address.split('::').map((half) => half.split(':').filter((group) => group !== ''))
  const zeros = Array.from({ length: 8 - start.length - end.length }, () => '0')
  return `${[...start, ...zeros, ...end].slice(0, 4).join(':')}::/64`
}

import { hash } from 'node:crypto'
import { isIP } from 'node:net'
import type { SignedInViewer, Viewer } from '@portico/service-kit/viewer'
import type { RateLimit } from '../../supergraph/rate-limit-directives.ts'

/** Of viewers as objects: requests with the same token have one in common. */
const hashes = new WeakMap<SignedInViewer, string>()

/**
 * Whose points a limit counts, as a part of a key: a viewer's id, hashed, since another issuer's may be an email; or the
 * network that a client is in.
 */
export function subjectOf(scope: RateLimit['scope'], viewer: Viewer, clientAddress: string): string {
  if (scope === 'ADDRESS' || viewer.kind === 'anonymous') return `address:${networkOf(clientAddress)}`
  return `viewer:${hashOf(viewer)}`
}

function hashOf(viewer: SignedInViewer): string {
  const known = hashes.get(viewer)
  if (known !== undefined) return known
  const hashed = hash('sha256', viewer.id, 'base64url').slice(0, 22)
  hashes.set(viewer, hashed)
  return hashed
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

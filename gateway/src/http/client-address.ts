import { isIP, isIPv4 } from 'node:net'

/** What stands for the address of a client of which no proxy told one. */
export const UNKNOWN_ADDRESS = 'unknown'

/**
 * The address of a client, each in one way only: of what the connection or a trusted proxy tells, without a port, a zone
 * or brackets; IPv4 also when it is written as IPv6; IPv6 as RFC 5952 has it. Proxies may pass on any text: what is no
 * address is {@link UNKNOWN_ADDRESS}.
 */
export function clientAddressOf(text: string): string {
  if (isIPv4(text)) return text
  const address = text
    .replace(/^\[(.*)\](:\d+)?$/, '$1')
    .replace(/^([\d.]+):\d+$/, '$1')
    .replace(/%.*$/, '')
  const version = isIP(address)
  if (version === 0) return UNKNOWN_ADDRESS
  if (version === 4) return address
  const { hostname } = new URL(`http://[${address}]`)
  const canonical = hostname.slice(1, -1)
  const [, high = '', low = ''] = /^::ffff:([\da-f]+):([\da-f]+)$/.exec(canonical) ?? []
  if (high === '') return canonical
  return [high, low]
    .map((group) => Number.parseInt(group, 16))
    .flatMap((bits) => [bits >> 8, bits & 255])
    .join('.')
}

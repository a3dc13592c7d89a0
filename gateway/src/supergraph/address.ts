import { BlockList, isIP } from 'node:net'

/** Where clouds hand out credentials to whoever asks from inside: no subgraph lives there. */
const METADATA = new BlockList()
METADATA.addSubnet('169.254.0.0', 16, 'ipv4')
METADATA.addSubnet('fe80::', 10, 'ipv6')
METADATA.addAddress('fd00:ec2::254', 'ipv6')

/**
 * Reads the address of a subgraph. Private ones are an operator's own business; link-local and metadata addresses are
 * refused, and so are credentials in them, which would not be sent.
 *
 * @throws Error that says what is wrong with it.
 */
export function parseSubgraphAddress(text: string): URL {
  if (!URL.canParse(text)) throw new Error(`"${text}" is not an address`)
  const url = new URL(text)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new Error(`${url.protocol} is not http: or https:`)
  if (url.username !== '' || url.password !== '') {
    throw new Error('there is a user name or password in its address, which the gateway does not send: take it out')
  }
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const version = isIP(host)
  // BlockList looks through addresses of IPv4 that are written as IPv6.
  if (version !== 0 && METADATA.check(host, version === 4 ? 'ipv4' : 'ipv6')) {
    throw new Error(`${host} is a link-local address`)
  }
  return url
}

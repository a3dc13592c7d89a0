import { isIP } from 'node:net'
import { commaList } from '@portico/service-kit/config'
import { z } from 'zod'

/** Who is believed about the address of a client. */
export interface ProxiesConfig {
  /** Addresses, CIDR ranges and the names of ranges that Fastify's `trustProxy` takes; empty: nobody. */
  trusted: string[]
}

const RANGES = new Set(['loopback', 'linklocal', 'uniquelocal'])

export const proxiesVariables = z.object({
  TRUSTED_PROXIES: commaList()
    .refine(
      (proxies) => proxies.every(isProxy),
      'must be a list of addresses and ranges such as 10.0.0.0/8,2001:db8::1,loopback (also: linklocal, uniquelocal)',
    )
    .meta({ mustBe: 'addresses, CIDR ranges, `loopback`, `linklocal`, `uniquelocal`, with commas' })
    .default([])
    .describe('Proxies whose `X-Forwarded-For` is believed. Default: none.'),
})

export function toProxiesConfig(env: z.infer<typeof proxiesVariables>): ProxiesConfig {
  return { trusted: env.TRUSTED_PROXIES }
}

function isProxy(text: string): boolean {
  if (RANGES.has(text)) return true
  const [address = '', prefix, ...rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0) return false
  // A range of everybody would let every client choose its own address.
  return prefix === undefined || (/^[1-9]\d*$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128))
}

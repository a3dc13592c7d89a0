import type { GatewayConfig } from '../config.ts'

/** The largest body that open mode reads: a body is one string, and those of V8 end at 512 MiB. */
const LARGEST_BODY_BYTES = 256 * 1024 ** 2

/** What open mode says of itself, a line each: the same on standard error and in operations.md. */
export const OPEN_MODE_WARNING: readonly string[] = [
  'OPEN MODE: for trusted benchmarks and audits only. Whoever reaches this port may do everything.',
  'Off: access tokens (everyone is anonymous), @authenticated and @requiresScopes, rate limits, limits of documents,',
  'variables and bodies, the signed identity for subgraphs, CSRF prevention. On: introspection.',
]

/**
 * Switches off what stands between a client and the supergraph, whatever the configuration says of it. All else stays:
 * timeouts, bounds of connections to subgraphs and of their answers, CORS, masked errors, logs and metrics; and what this
 * gateway can't serve, such as `@policy`, is refused as ever.
 */
export function openUp(config: GatewayConfig): GatewayConfig {
  const { exposure, limits, rateLimits, trust } = config
  return {
    ...config,
    warnings: [OPEN_MODE_WARNING.join(' ')],
    exposure: { ...exposure, introspection: true, csrfPrevention: false },
    limits: {
      ...limits,
      bodyBytes: LARGEST_BODY_BYTES,
      tokens: Infinity,
      document: {
        depth: Infinity,
        aliases: Infinity,
        rootFields: Infinity,
        directives: Infinity,
        fields: Infinity,
        valueDepth: Infinity,
      },
    },
    rateLimits: {
      ...rateLimits,
      enforced: false,
      sensitiveFields: { ...rateLimits.sensitiveFields, explicit: false },
      redis: undefined,
    },
    trust: { ...trust, enforced: false, tokens: undefined, identityKeyFile: undefined },
  }
}

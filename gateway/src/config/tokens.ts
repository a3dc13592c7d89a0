import { commaList, httpUrl, integer } from '@portico/service-kit/config'
import { z } from 'zod'
import { claimPath, type ClaimPath } from './claim-path.ts'

/** Whose access tokens are believed, and what is read from them. */
export interface TokenTrust {
  /** Expected `iss`. */
  issuer: string
  /** The address of the issuer's JWK set; undefined: where its OIDC discovery document says. */
  jwksUrl: URL | undefined
  /** Expected `aud`. */
  audience: string
  /** The only `alg` that are accepted. */
  algorithms: readonly TokenAlgorithm[]
  /** Expected `typ`; undefined: any. */
  type: string | undefined
  /** How far the issuer's clock and ours may be apart. */
  clockSkewS: number
  claims: ClaimPaths
}

/** Where a token says what of its viewer; undefined: nowhere. */
export interface ClaimPaths {
  id: ClaimPath
  scopes: ClaimPath | undefined
  roles: ClaimPath | undefined
  plan: ClaimPath | undefined
}

/** Signatures by a private key. Those by a shared secret would let everyone sign who can verify. */
const ALGORITHMS = [
  ...(['EdDSA', 'Ed25519', 'ES256', 'ES384', 'ES512'] as const),
  ...(['PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512'] as const),
] as const
export type TokenAlgorithm = (typeof ALGORITHMS)[number]

/** What our users subgraph signs. */
const OURS = {
  issuer: 'https://portico.local/users',
  audience: 'portico',
  claims: { scopes: ['scope'], roles: ['roles'], plan: ['plan'] },
} as const

const algorithms = () => {
  const mustBe = `a list of ${ALGORITHMS.join(', ')}`
  return commaList()
    .transform((names, context): TokenAlgorithm[] => {
      const allowed = names.filter((name): name is TokenAlgorithm => ALGORITHMS.some((known) => known === name))
      if (allowed.length < names.length || names.length === 0) context.addIssue(`must be ${mustBe}`)
      return allowed
    })
    .meta({ mustBe })
}

/** Kept as text, since `iss` has to be the same to the letter. */
const issuerUrl = () => {
  const mustBe = 'an http:// or https:// address without query and fragment'
  return z
    .string()
    .refine((text) => /^https?:\/\/[^\s?#]+$/.test(text) && URL.canParse(text), `must be ${mustBe}`)
    .meta({ mustBe })
}

const claim = (what: string, ours: string) =>
  claimPath()
    .optional()
    .describe(`Claim that holds ${what}. Default: \`${ours}\` for our users subgraph, none for another issuer.`)

export const tokenVariables = z.object({
  JWKS_URL: httpUrl()
    .optional()
    .describe('Public keys of access tokens. Without it and `OIDC_ISSUER` everyone is anonymous.'),
  OIDC_ISSUER: issuerUrl()
    .optional()
    .describe('Issuer of access tokens whose keys are found by OIDC discovery, in place of `JWKS_URL`.'),
  TOKEN_ISSUER: z
    .string()
    .optional()
    .describe(
      `Expected \`iss\` of access tokens beside \`JWKS_URL\`. Default: that of our users subgraph, \`${OURS.issuer}\`.`,
    ),
  TOKEN_AUDIENCE: z
    .string()
    .optional()
    .describe(
      `Expected \`aud\` of access tokens; must be set for another issuer than ours. Default: \`${OURS.audience}\`.`,
    ),
  TOKEN_ALGORITHMS: algorithms().default(['EdDSA']).describe('The only `alg` that access tokens may be signed with.'),
  TOKEN_TYPE: z
    .string()
    .default('at+jwt')
    .describe('Expected `typ` in the header of access tokens; `any` for issuers that do not tell them from others.'),
  TOKEN_CLOCK_SKEW_S: integer({ min: 0, max: 300, unit: 'seconds' })
    .default(5)
    .describe("How far the issuer's clock and this one may be apart."),
  TOKEN_ID_CLAIM: claimPath().default(['sub']).describe('Claim that holds the id of the viewer.'),
  TOKEN_SCOPES_CLAIM: claim('the scopes, a list or one text with spaces', 'scope'),
  TOKEN_ROLES_CLAIM: claim('the roles, a list or one role', 'roles'),
  TOKEN_PLAN_CLAIM: claim('the plan, of which an unknown one counts as `FREE`', 'plan'),
})
type TokenVariables = z.infer<typeof tokenVariables>

/** Refuses what contradicts itself, and an audience that nobody chose. */
export function checkTokenVariables(
  env: Readonly<Partial<Record<keyof TokenVariables, unknown>>>,
  context: z.RefinementCtx,
): void {
  const issue = (variable: keyof TokenVariables, message: string) =>
    context.addIssue({ code: 'custom', path: [variable], message, input: env[variable] })
  if (env.OIDC_ISSUER !== undefined) {
    if (env.JWKS_URL !== undefined) issue('OIDC_ISSUER', 'contradicts JWKS_URL; unset one of them')
    if (env.TOKEN_ISSUER !== undefined) issue('TOKEN_ISSUER', 'is what OIDC_ISSUER says already; unset it')
  } else if (env.TOKEN_ISSUER !== undefined && env.JWKS_URL === undefined) {
    issue('TOKEN_ISSUER', 'needs the keys of this issuer: set JWKS_URL, or OIDC_ISSUER in place of both')
  }
  if (isForeign(env) && env.TOKEN_AUDIENCE === undefined) {
    issue('TOKEN_AUDIENCE', 'must be set for an issuer of your own: what its access tokens for this API have as aud')
  }
}

export function toTokenTrust(env: TokenVariables): TokenTrust | undefined {
  if (env.JWKS_URL === undefined && env.OIDC_ISSUER === undefined) return undefined
  const defaults: Partial<Omit<ClaimPaths, 'id'>> = isForeign(env) ? {} : OURS.claims
  return {
    issuer: env.OIDC_ISSUER ?? env.TOKEN_ISSUER ?? OURS.issuer,
    jwksUrl: env.JWKS_URL,
    audience: env.TOKEN_AUDIENCE ?? OURS.audience,
    algorithms: env.TOKEN_ALGORITHMS,
    type: env.TOKEN_TYPE === 'any' ? undefined : env.TOKEN_TYPE,
    clockSkewS: env.TOKEN_CLOCK_SKEW_S,
    claims: {
      id: env.TOKEN_ID_CLAIM,
      scopes: env.TOKEN_SCOPES_CLAIM ?? defaults.scopes,
      roles: env.TOKEN_ROLES_CLAIM ?? defaults.roles,
      plan: env.TOKEN_PLAN_CLAIM ?? defaults.plan,
    },
  }
}

/** Claims of an issuer that is none of ours mean what its operator says, and nothing until then. */
function isForeign(env: Readonly<Partial<Record<'OIDC_ISSUER' | 'TOKEN_ISSUER', unknown>>>): boolean {
  return env.OIDC_ISSUER !== undefined || (env.TOKEN_ISSUER !== undefined && env.TOKEN_ISSUER !== OURS.issuer)
}

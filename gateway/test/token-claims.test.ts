import { describe, expect, it } from '@jest/globals'
import { ConfigError } from '@portico/service-kit/config'
import { createEnvelopeSigner, createEnvelopeVerifier } from '@portico/service-kit/identity-envelope'
import { exportJWK, generateKeyPair } from 'jose'
import { viewerFrom } from '../src/admission/tokens/viewer-claims.ts'
import { loadConfig } from '../src/config.ts'

const SUPERGRAPH = { SUPERGRAPH_PATH: 'supergraph.graphql' }
const FOREIGN = { OIDC_ISSUER: 'https://id.example.com/realms/shop', TOKEN_AUDIENCE: 'shop-api' }

function tokensOf(env: Record<string, string>) {
  return loadConfig({ ...SUPERGRAPH, ...env }).trust.tokens
}

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    tokensOf(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

function viewerOf(payload: Record<string, unknown>, env: Record<string, string>) {
  const tokens = tokensOf(env)
  if (!tokens) throw new Error('No issuer is configured.')
  return viewerFrom({ sub: 'someone', ...payload }, tokens.claims)
}

describe('the configuration of an issuer', () => {
  it('is that of our users subgraph as soon as it says where the keys are', () => {
    expect(tokensOf({})).toBeUndefined()
    expect(tokensOf({ JWKS_URL: 'http://users:4000/.well-known/jwks.json' })).toEqual({
      issuer: 'https://portico.local/users',
      jwksUrl: new URL('http://users:4000/.well-known/jwks.json'),
      audience: 'portico',
      algorithms: ['EdDSA'],
      type: 'at+jwt',
      clockSkewS: 5,
      claims: { id: ['sub'], scopes: ['scope'], roles: ['roles'], plan: ['plan'] },
    })
  })

  it('may be an address for discovery, kept to the letter, of whose claims none has a meaning yet', () => {
    expect(
      tokensOf({ ...FOREIGN, TOKEN_ALGORITHMS: 'RS256, ES256', TOKEN_TYPE: 'any', TOKEN_CLOCK_SKEW_S: '30' }),
    ).toEqual({
      issuer: 'https://id.example.com/realms/shop',
      jwksUrl: undefined,
      audience: 'shop-api',
      algorithms: ['RS256', 'ES256'],
      type: undefined,
      clockSkewS: 30,
      claims: { id: ['sub'], scopes: undefined, roles: undefined, plan: undefined },
    })
  })

  it.each<[Record<string, string>, string[]]>([
    [{ ...FOREIGN, JWKS_URL: 'https://id.example.com/jwks' }, ['OIDC_ISSUER']],
    [{ ...FOREIGN, TOKEN_ISSUER: 'https://id.example.com' }, ['TOKEN_ISSUER']],
    [{ TOKEN_ISSUER: 'https://id.example.com', TOKEN_AUDIENCE: 'a' }, ['TOKEN_ISSUER']],
    [{ OIDC_ISSUER: 'https://id.example.com' }, ['TOKEN_AUDIENCE']],
    [{ JWKS_URL: 'https://id.example.com/jwks', TOKEN_ISSUER: 'https://id.example.com' }, ['TOKEN_AUDIENCE']],
    [{ ...FOREIGN, OIDC_ISSUER: 'id.example.com' }, ['OIDC_ISSUER']],
    [{ ...FOREIGN, OIDC_ISSUER: 'https://id.example.com/?tenant=1' }, ['OIDC_ISSUER']],
    [{ ...FOREIGN, TOKEN_ALGORITHMS: 'none' }, ['TOKEN_ALGORITHMS']],
    [{ ...FOREIGN, TOKEN_ALGORITHMS: 'RS256,HS256' }, ['TOKEN_ALGORITHMS']],
    [{ ...FOREIGN, TOKEN_ALGORITHMS: ',' }, ['TOKEN_ALGORITHMS']],
    [{ ...FOREIGN, TOKEN_CLOCK_SKEW_S: '301', TOKEN_ROLES_CLAIM: 'a..b' }, ['TOKEN_CLOCK_SKEW_S', 'TOKEN_ROLES_CLAIM']],
    [{ ...FOREIGN, TOKEN_SCOPES_CLAIM: '["a"', TOKEN_PLAN_CLAIM: '[]' }, ['TOKEN_PLAN_CLAIM', 'TOKEN_SCOPES_CLAIM']],
  ])('can not be %j', (env, variables) => {
    const named = problemsOf(env).map((line) => line.split(':')[0])
    expect([named.length, new Set(named)]).toEqual([variables.length, new Set(variables)])
  })
})

describe("a token's claims", () => {
  it('mean nothing in a token of another issuer until they are mapped', () => {
    const payload = { scope: 'orders:read', roles: ['ADMIN'], plan: 'ENTERPRISE' }
    expect(viewerOf(payload, FOREIGN)).toEqual({ kind: 'user', id: 'someone', roles: [], scopes: [], plan: 'FREE' })
  })

  it('are found where the configuration says, as Keycloak and Auth0 write them', () => {
    const keycloak = {
      scope: 'openid orders:read',
      realm_access: { roles: ['offline_access', 'admin'] },
      resource_access: { 'shop.app': { roles: ['orders:write'] } },
      preferred_username: 'ann',
    }
    expect(
      viewerOf(keycloak, {
        ...FOREIGN,
        TOKEN_ID_CLAIM: 'preferred_username',
        TOKEN_SCOPES_CLAIM: '["resource_access","shop.app","roles"]',
        TOKEN_ROLES_CLAIM: 'realm_access.roles',
      }),
    ).toEqual({ kind: 'user', id: 'ann', roles: ['offline_access', 'admin'], scopes: ['orders:write'], plan: 'FREE' })

    const auth0 = {
      permissions: ['orders:read'],
      'https://example.com/roles': 'admin',
      'https://example.com/plan': 'PRO',
    }
    expect(
      viewerOf(auth0, {
        ...FOREIGN,
        TOKEN_SCOPES_CLAIM: 'permissions',
        TOKEN_ROLES_CLAIM: 'https://example.com/roles',
        TOKEN_PLAN_CLAIM: 'https://example.com/plan',
      }),
    ).toEqual({ kind: 'user', id: 'someone', roles: ['admin'], scopes: ['orders:read'], plan: 'PRO' })
  })

  it('give nothing when they are not there', () => {
    const mapping = {
      ...FOREIGN,
      TOKEN_SCOPES_CLAIM: 'a.b.c',
      TOKEN_ROLES_CLAIM: 'constructor.name',
      TOKEN_PLAN_CLAIM: 'plan',
    }
    for (const payload of [{}, { a: null }, { a: 'b' }, { a: { b: null }, plan: 'GOLD' }, { plan: ['PRO'] }]) {
      expect(viewerOf(payload, mapping)).toMatchObject({ roles: [], scopes: [], plan: 'FREE' })
    }
  })

  it.each([
    [{ scope: 7 }],
    [{ scope: { 'orders:read': true } }],
    [{ scope: ['orders:read', 7] }],
    [{ roles: [''] }],
    [{ roles: ['a\nb'] }],
    [{ scope: 'x'.repeat(256) }],
    [{ scope: Array.from({ length: 1000 }, (_, index) => `scope:${index}`) }],
    [{ sub: 'x'.repeat(256) }],
  ])('that can not be used are refused: %j', (payload) => {
    const mapping = { ...FOREIGN, TOKEN_SCOPES_CLAIM: 'scope', TOKEN_ROLES_CLAIM: 'roles' }
    expect(() => viewerOf(payload, mapping)).toThrow(expect.objectContaining({ name: 'ClaimError' }))
  })

  it('fit into the identity envelope, as many as are accepted', async () => {
    const scope = Array.from({ length: 15 }, () => 'é'.repeat(125))
    const viewer = viewerOf({ scope }, { ...FOREIGN, TOKEN_SCOPES_CLAIM: 'scope' })
    const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
    const signer = await createEnvelopeSigner({ ...(await exportJWK(privateKey)), kid: 'k' })
    const keys = { keys: [{ ...(await exportJWK(publicKey)), kid: 'k' }] }
    const verifier = createEnvelopeVerifier({ keys, audience: 'orders' })
    expect(await verifier.verify(await signer.sign(viewer, 'orders'))).toEqual(viewer)
  })
})

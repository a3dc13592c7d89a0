import { createHmac } from 'node:crypto'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { createEnvelopeSigner, createEnvelopeVerifier } from '@portico/service-kit/identity-envelope'
import { ANONYMOUS } from '@portico/service-kit/viewer'
import { importJWK, SignJWT } from 'jose'
import { ANN, createIdentityKey, createIdentityPair, type IdentityKey } from './identity-keys.ts'

let key: IdentityKey
beforeAll(async () => {
  key = await createIdentityKey('2026-01')
})

const decode = (part: string | undefined) =>
  JSON.parse(Buffer.from(part ?? '', 'base64url').toString()) as Record<string, unknown>
const encode = (part: Record<string, unknown>) => Buffer.from(JSON.stringify(part)).toString('base64url')

describe('an identity envelope', () => {
  it('tells a subgraph who the viewer is, and nothing else', async () => {
    const { signer, verifier } = await createIdentityPair(key)
    expect(await verifier.verify(await signer.sign(ANN, 'users'))).toEqual(ANN)
    expect(await verifier.verify(await signer.sign(ANONYMOUS, 'users'))).toBe(ANONYMOUS)
    const [, payload] = (await signer.sign(ANN, 'users')).split('.')
    expect(Object.keys(decode(payload)).toSorted()).toEqual([
      'aud',
      'exp',
      'iat',
      'iss',
      'plan',
      'roles',
      'scopes',
      'sub',
    ])
  })

  it('is for one subgraph', async () => {
    const { signer, verifier } = await createIdentityPair(key)
    expect(await verifier.verify(await signer.sign(ANN, 'orders'))).toBeUndefined()
  })

  it('is good for thirty seconds and five of skew, also after it was seen before', async () => {
    const { signer, verifier, clock } = await createIdentityPair(key)
    const [seen, unseen] = [await signer.sign(ANN, 'users'), await signer.sign(ANONYMOUS, 'users')]
    await verifier.verify(seen)
    clock.now += 34_999
    expect(await verifier.verify(seen)).toEqual(ANN)
    clock.now += 1
    expect(await verifier.verify(seen)).toBeUndefined()
    expect(await verifier.verify(unseen)).toBeUndefined()
  })

  it('is good for no longer when it claims a longer life, also after it was seen before', async () => {
    const { verifier, clock } = await createIdentityPair(key)
    const seconds = clock.now / 1000
    const token = await new SignJWT({ iss: 'portico-gateway', aud: 'users', iat: seconds, exp: seconds + 3600 })
      .setProtectedHeader({ alg: 'EdDSA', kid: '2026-01' })
      .sign(await importJWK(key.privateJwk, 'EdDSA'))
    expect(await verifier.verify(token)).toBe(ANONYMOUS)
    clock.now += 34_999
    expect(await verifier.verify(token)).toBe(ANONYMOUS)
    clock.now += 1001
    expect(await verifier.verify(token)).toBeUndefined()
    const unseen = createEnvelopeVerifier({ keys: { keys: [key.publicJwk] }, audience: 'users' }, () => clock.now)
    expect(await unseen.verify(token)).toBeUndefined()
  })

  it('is believed when the clock of the gateway is five seconds ahead, but not more', async () => {
    const { signer, verifier, clock } = await createIdentityPair(key)
    const token = await signer.sign(ANN, 'users')
    clock.now -= 6000
    expect(await verifier.verify(token)).toBeUndefined()
    clock.now += 1000
    expect(await verifier.verify(token)).toEqual(ANN)
  })

  it('of another key is refused, even when it claims the id of ours', async () => {
    const { verifier } = await createIdentityPair(key)
    const forger = await createIdentityPair(await createIdentityKey('2026-01'))
    expect(await verifier.verify(await forger.signer.sign(ANN, 'users'))).toBeUndefined()
  })

  it('is refused when a single character of it changes', async () => {
    const { signer, verifier } = await createIdentityPair(key)
    const [header = '', payload = '', signature = ''] = (await signer.sign(ANN, 'users')).split('.')
    const promoted = encode({ ...decode(payload), scopes: ['users:admin'] })
    const flipped = (signature.startsWith('A') ? 'B' : 'A') + signature.slice(1)
    for (const token of [
      [header, promoted, signature],
      [header, payload, flipped],
      [header, payload, ''],
      [header, payload],
    ]) {
      expect(await verifier.verify(token.join('.'))).toBeUndefined()
    }
  })

  it('without a signature, or with one that anybody can make of the public key, is refused', async () => {
    const { signer, verifier } = await createIdentityPair(key)
    const [, payload = ''] = (await signer.sign(ANN, 'users')).split('.')
    for (const alg of ['none', 'None', 'HS256']) {
      const unsigned = `${encode({ alg, kid: '2026-01' })}.${payload}`
      const secrets = [
        key.publicJwk.x ?? '',
        Buffer.from(key.publicJwk.x ?? '', 'base64url'),
        JSON.stringify(key.publicJwk),
      ]
      const signatures = [
        '',
        ...secrets.map((secret) => createHmac('sha256', secret).update(unsigned).digest('base64url')),
      ]
      for (const signature of signatures) expect(await verifier.verify(`${unsigned}.${signature}`)).toBeUndefined()
    }
  })

  it('is refused when our key signed it for something else', async () => {
    const { verifier, clock } = await createIdentityPair(key)
    const privateKey = await importJWK(key.privateJwk, 'EdDSA')
    const seconds = clock.now / 1000
    const sign = (claims: Record<string, unknown>) =>
      new SignJWT({ iss: 'portico-gateway', aud: 'users', iat: seconds, exp: seconds + 30, ...claims })
        .setProtectedHeader({ alg: 'EdDSA', kid: '2026-01' })
        .sign(privateKey)
    expect(await verifier.verify(await sign({}))).toBe(ANONYMOUS)
    for (const claims of [
      { iss: 'https://users.example' },
      { aud: undefined },
      { exp: undefined },
      { iat: undefined },
      { iat: seconds - 3600, exp: seconds + 3600 },
      { sub: '' },
      { sub: 'ann', scopes: 'users:admin' },
      { sub: 'ann', plan: 'UNLIMITED' },
    ]) {
      expect([claims, await verifier.verify(await sign(claims))]).toEqual([claims, undefined])
    }
  })

  it('that is none is nobody we know', async () => {
    const { verifier } = await createIdentityPair(key)
    for (const token of [undefined, '', '...', 'Bearer x', 'a'.repeat(1_000_000)]) {
      expect(await verifier.verify(token)).toBeUndefined()
    }
  })
})

describe('signing', () => {
  it('gives the identical text for the same viewer and subgraph until it is half used, then a fresh one', async () => {
    const { signer, clock } = await createIdentityPair(key)
    const first = await signer.sign(ANN, 'users')
    clock.now += 14_999
    expect(await signer.sign({ ...ANN }, 'users')).toBe(first)
    clock.now += 1
    const second = await signer.sign(ANN, 'users')
    expect(second).not.toBe(first)
    expect(decode(second.split('.')[1])).toMatchObject({ iat: clock.now / 1000, exp: clock.now / 1000 + 30 })
  })

  it('that failed is tried again, not remembered', async () => {
    // A public key signs nothing.
    const signer = await createEnvelopeSigner(key.publicJwk)
    const first = signer.sign(ANN, 'users')
    await expect(first).rejects.toThrow(TypeError)
    const second = signer.sign(ANN, 'users')
    await expect(second).rejects.toThrow(TypeError)
    expect(second).not.toBe(first)
  })

  it('never shares an envelope between viewers who differ in anything, or between subgraphs', async () => {
    const { signer } = await createIdentityPair(key)
    const viewers = [
      ANN,
      { ...ANN, id: 'ben' },
      { ...ANN, scopes: [] },
      { ...ANN, roles: [] },
      { ...ANN, plan: 'FREE' } as const,
      ANONYMOUS,
    ]
    const tokens = await Promise.all(
      viewers.flatMap((viewer) => ['users', 'orders'].map(async (audience) => signer.sign(viewer, audience))),
    )
    expect(new Set(tokens).size).toBe(2 * viewers.length)
  })
})

describe('rotating the key', () => {
  it('works without an envelope being refused: both keys are believed until the old one is taken away', async () => {
    const next = await createIdentityKey('2026-02')
    const now = () => Date.UTC(2026, 0, 1)
    const [before, after] = [
      await createEnvelopeSigner(key.privateJwk, now),
      await createEnvelopeSigner(next.privateJwk, now),
    ]
    const both = createEnvelopeVerifier({ keys: { keys: [key.publicJwk, next.publicJwk] }, audience: 'users' }, now)
    expect(await both.verify(await before.sign(ANN, 'users'))).toEqual(ANN)
    expect(await both.verify(await after.sign(ANN, 'users'))).toEqual(ANN)
    const one = createEnvelopeVerifier({ keys: { keys: [next.publicJwk] }, audience: 'users' }, now)
    expect(await one.verify(await before.sign(ANN, 'users'))).toBeUndefined()
    expect(await one.verify(await after.sign(ANN, 'users'))).toEqual(ANN)
  })
})

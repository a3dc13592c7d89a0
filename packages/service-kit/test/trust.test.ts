import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { ConfigError } from '@portico/service-kit/config'
import { createEnvelopeSigner, IDENTITY_HEADER } from '@portico/service-kit/identity-envelope'
import { DEVELOPMENT_VIEWER_HEADER, loadIdentify } from '@portico/service-kit/trust'
import { ANONYMOUS } from '@portico/service-kit/viewer'
import { ANN, createIdentityKey, type IdentityKey } from './identity-keys.ts'

let folder: Awaited<ReturnType<typeof mkdtempDisposable>>
let key: IdentityKey
beforeAll(async () => {
  folder = await mkdtempDisposable(join(tmpdir(), 'portico-trust-'))
  key = await createIdentityKey('k1')
})
afterAll(() => folder[Symbol.asyncDispose]())

async function keysFile(content: string): Promise<string> {
  const file = join(folder.path, 'keys.json')
  await writeFile(file, content)
  return file
}

describe('a subgraph behind its gateway', () => {
  it('knows the viewer by the envelope, and believes no other header', async () => {
    const file = await keysFile(JSON.stringify({ keys: [key.publicJwk] }))
    const identify = await loadIdentify({ kind: 'gateway', keysFile: file }, 'users')
    const signer = await createEnvelopeSigner(key.privateJwk)
    const claimed = { [DEVELOPMENT_VIEWER_HEADER]: '{"id":"ben","scopes":["users:admin"]}' }
    expect(await identify({ ...claimed, [IDENTITY_HEADER]: await signer.sign(ANN, 'users') })).toEqual(ANN)
    expect(await identify({ ...claimed, [IDENTITY_HEADER]: await signer.sign(ANONYMOUS, 'users') })).toBe(ANONYMOUS)
    const sent = await signer.sign(ANN, 'users')
    for (const headers of [{}, claimed, { [IDENTITY_HEADER]: 'none' }, { [IDENTITY_HEADER]: [sent, sent] }]) {
      await expect(identify(headers)).rejects.toMatchObject({
        message: 'This service answers only its gateway.',
        extensions: { code: 'UNTRUSTED_CALLER', http: { status: 401 } },
      })
    }
  })

  it('does not start with a file of keys that is none, and names it', async () => {
    const missing = join(folder.path, 'nowhere.json')
    await expect(loadIdentify({ kind: 'gateway', keysFile: missing }, 'users')).rejects.toEqual(
      new ConfigError([`GATEWAY_KEYS_FILE: ${missing} can't be read`]),
    )
    const { kty, crv } = key.publicJwk
    for (const content of [
      '',
      'not JSON',
      '{}',
      '{"keys":[]}',
      JSON.stringify(key.publicJwk),
      JSON.stringify({ keys: [{ kty, crv }] }),
      JSON.stringify({ keys: [{ ...key.publicJwk, kty: 'RSA' }] }),
      JSON.stringify({ keys: [{ ...key.publicJwk, crv: 'X25519' }] }),
      JSON.stringify({ keys: [key.privateJwk] }),
    ]) {
      const file = await keysFile(content)
      const refused = loadIdentify({ kind: 'gateway', keysFile: file }, 'users')
      await expect(refused).rejects.toEqual(
        new ConfigError([`GATEWAY_KEYS_FILE: ${file} is not a JWK set with Ed25519 public keys`]),
      )
    }
  })
})

describe('a subgraph alone on the machine of its developer', () => {
  it('takes the viewer from a header, with nothing but what it says', async () => {
    const identify = await loadIdentify({ kind: 'anyone' }, 'users')
    expect(await identify({})).toBe(ANONYMOUS)
    expect(await identify({ [DEVELOPMENT_VIEWER_HEADER]: '{"id":"ann"}' })).toEqual({
      kind: 'user',
      id: 'ann',
      roles: [],
      scopes: [],
      plan: 'FREE',
    })
    const { kind: _, ...ann } = ANN
    expect(await identify({ [DEVELOPMENT_VIEWER_HEADER]: JSON.stringify(ann) })).toEqual(ANN)
  })

  it('says how the header is written when it is wrong', async () => {
    const identify = await loadIdentify({ kind: 'anyone' }, 'users')
    for (const text of ['', 'ann', '{}', '"ann"', '{"id":1}', '{"id":"ann","plan":"GOLD"}']) {
      await expect(identify({ [DEVELOPMENT_VIEWER_HEADER]: text })).rejects.toMatchObject({
        message: expect.stringContaining('x-portico-viewer must be JSON such as {"id":"…"'),
        extensions: { code: 'BAD_REQUEST', http: { status: 400 } },
      })
    }
  })
})

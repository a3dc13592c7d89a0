import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '@portico/service-kit/logger'
import { startPeriodic } from '@portico/service-kit/periodic'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type CryptoKey, type JWK } from 'jose'
import { z } from 'zod'

/** A key file: `<kid>.json`, an Ed25519 private key as JWK that signs from `signsFrom` (ISO time) on. */
const keyFile = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string(),
  d: z.string(),
  kid: z.string(),
  signsFrom: z.iso.datetime().transform((text) => new Date(text)),
})
type KeyFile = z.infer<typeof keyFile>

interface SigningKey {
  file: KeyFile
  key: CryptoKey
}

/** How far the clocks of verifiers may be behind. */
const CLOCK_SKEW_S = 60

export interface SigningKeys extends AsyncDisposable {
  /** The key that signs now. */
  current(): { kid: string; key: CryptoKey }
  /** Public keys of all that signed a token that may still be valid, and of those that sign next. */
  published(): JWK[]
}

export interface SigningKeysOptions {
  folder: string
  /** A key that no longer signs stays published this long. */
  tokenLifetimeS: number
  log: Logger
  now?: () => number
  /** Pause between looks at the folder. Default 2,000 ms; polled, since mounted secrets raise no file events. */
  pollMs?: number
}

/**
 * The keys that sign access tokens, read from a folder and again whenever it changes, so that a rotation needs no
 * restart. A folder that can't be used later on is logged once for each change to it, and the last good keys stay.
 *
 * @throws Error when the folder has no usable key at first.
 */
export async function loadSigningKeys(options: SigningKeysOptions): Promise<SigningKeys> {
  const { folder, tokenLifetimeS, log, now = Date.now, pollMs = 2000 } = options
  let seen = await fingerprint(folder)
  let keys = await readKeys(folder)
  if (!keys.some(({ file }) => file.signsFrom.getTime() <= now())) {
    throw new Error(`${folder} has no key that signs now. Make one: npm run users:rotate-keys -- --now`)
  }

  let looked = seen
  async function refresh() {
    const next = await fingerprint(folder)
    const changed = next !== looked
    looked = next
    if (next === seen) return
    try {
      const read = await readKeys(folder)
      if (read.length === 0) throw new Error(`${folder} has no key any more.`)
      keys = read
      seen = next
      log.info({ kids: keys.map(({ file }) => file.kid) }, 'signing keys read again')
    } catch (err) {
      if (changed) log.error({ err, folder }, 'signing keys can not be read; the last good ones stay in use')
    }
  }
  const polling = startPeriodic({ name: 'look for signing keys', everyMs: pollMs, run: refresh, log })

  return {
    current() {
      const signing = keys.findLast(({ file }) => file.signsFrom.getTime() <= now()) ?? keys[0]
      if (!signing) throw new Error('There is no signing key.')
      return { kid: signing.file.kid, key: signing.key }
    },
    published() {
      const retired = retiredOf(keys, tokenLifetimeS, now())
      return keys
        .filter((key) => !retired.has(key))
        .map(({ file: { kty, crv, x, kid } }) => ({ kty, crv, x, kid, alg: 'EdDSA', use: 'sig' }))
    },
    [Symbol.asyncDispose]: () => polling[Symbol.asyncDispose](),
  }
}

/** Writes a new key to the folder, readable by its owner alone, and returns its `kid`. */
export async function createSigningKey(folder: string, signsFrom: Date): Promise<string> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
  const jwk = await exportJWK(privateKey)
  const kid = await calculateJwkThumbprint(jwk)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, `${kid}.json`)
  // Renamed into place, so that a reader never sees half a file.
  await writeFile(`${path}.new`, JSON.stringify({ ...jwk, kid, signsFrom: signsFrom.toISOString() }), { mode: 0o600 })
  await rename(`${path}.new`, path)
  return kid
}

/** Removes the keys whose last token has expired, and returns their `kid`s. */
export async function removeRetiredKeys(folder: string, tokenLifetimeS: number, now = Date.now()): Promise<string[]> {
  const retired = [...retiredOf(await readKeys(folder), tokenLifetimeS, now)]
  await Promise.all(retired.map(({ file }) => rm(join(folder, `${file.kid}.json`))))
  return retired.map(({ file }) => file.kid)
}

/** Of keys in the order in which they sign: those whose last token has expired since the next one took over. */
function retiredOf(keys: readonly SigningKey[], tokenLifetimeS: number, now: number): Set<SigningKey> {
  const keptMs = (tokenLifetimeS + CLOCK_SKEW_S) * 1000
  return new Set(
    keys.filter((_, index) => {
      const next = keys[index + 1]
      return next !== undefined && next.file.signsFrom.getTime() + keptMs <= now
    }),
  )
}

/** Differs when the folder was changed; never fails, since reading the keys says better what is wrong. */
async function fingerprint(folder: string): Promise<string> {
  try {
    const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).toSorted()
    const stats = await Promise.all(names.map((name) => stat(join(folder, name))))
    return names.map((name, index) => `${name}:${stats[index]?.mtimeMs}`).join()
  } catch (error) {
    return String(error)
  }
}

async function readKeys(folder: string): Promise<SigningKey[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json'))
  const keys = await Promise.all(
    names.map(async (name) => {
      const result = keyFile.safeParse(parseJson(await readFile(join(folder, name), 'utf8')))
      if (!result.success) throw new Error(`${join(folder, name)} is not a signing key of npm run users:rotate-keys.`)
      const key = await importJWK({ ...result.data }, 'EdDSA')
      if (key instanceof Uint8Array) throw new Error(`${join(folder, name)} is a symmetric key.`)
      return { file: result.data, key }
    }),
  )
  return keys.toSorted((a, b) => a.file.signsFrom.getTime() - b.file.signsFrom.getTime())
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

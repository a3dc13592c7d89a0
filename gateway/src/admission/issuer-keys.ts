import { startPeriodic } from '@portico/service-kit/periodic'
import type { Logger } from '@portico/service-kit/logger'
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import { request } from 'undici'
import { z } from 'zod'
import { readBoundedBody } from '../bounded-body.ts'

/** The issuer's keys can't be had, so nobody can tell what a token is worth. */
export class IssuerKeysUnavailableError extends Error {
  override readonly name = 'IssuerKeysUnavailableError'
}

export interface IssuerKeys extends AsyncDisposable {
  /** For `jwtVerify`. @throws IssuerKeysUnavailableError until the issuer has answered once. */
  getKey: JWTVerifyGetKey
}

export interface IssuerKeysOptions {
  url: URL
  log: Logger
  /** Pause between refreshes, after which a key that the issuer withdrew is no longer believed. Default 60,000 ms. */
  refreshMs?: number
  /** An unknown `kid` asks the issuer at most this often, also while it fails (until it has answered once, every second). Default 30,000 ms. */
  cooldownMs?: number
}

const TIMEOUT_MS = 2000
/** Pause between attempts until the issuer has answered once. */
const FIRST_ANSWER_PAUSE_MS = 1000
const LARGEST_SET_BYTES = 1024 * 1024

const keySetShape = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) })

/**
 * The JWK set of a token issuer (RFC 7517), fetched when it is first needed, refreshed on a timer, and asked for again
 * when a token names an unknown key. The last good set stays in use while the issuer is down.
 */
export function createIssuerKeys(options: IssuerKeysOptions): IssuerKeys {
  const { url, log, refreshMs = 60_000, cooldownMs = 30_000 } = options
  let known: ReturnType<typeof createLocalJWKSet> | undefined
  let fetching: Promise<void> | undefined
  let lastAttempt = -Infinity

  function refresh(): Promise<void> {
    lastAttempt = performance.now()
    fetching ??= replaceKeys().finally(() => {
      fetching = undefined
    })
    return fetching
  }

  async function replaceKeys(): Promise<void> {
    known = createLocalJWKSet(await fetchKeySet(url))
  }

  async function refreshUnlessRecent(): Promise<void> {
    // Without any keys nobody can be told apart, so the issuer is waited for more eagerly.
    const pause = known ? cooldownMs : Math.min(cooldownMs, FIRST_ANSWER_PAUSE_MS)
    if (!fetching && performance.now() - lastAttempt < pause) return
    await refresh().catch((err: unknown) =>
      log.warn({ err, url: url.href }, 'keys of access tokens can not be fetched'),
    )
  }

  const timer = startPeriodic({ name: 'refresh keys of access tokens', everyMs: refreshMs, run: refresh, log })

  return {
    async getKey(header, token) {
      if (!known) await refreshUnlessRecent()
      if (!known) throw new IssuerKeysUnavailableError(`${url.href} has not answered yet.`)
      try {
        return await known(header, token)
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
        await refreshUnlessRecent()
        return known(header, token)
      }
    },
    [Symbol.asyncDispose]: () => timer[Symbol.asyncDispose](),
  }
}

async function fetchKeySet(url: URL): Promise<JSONWebKeySet> {
  const { statusCode, body } = await request(url, { signal: AbortSignal.timeout(TIMEOUT_MS) })
  const text = await readBoundedBody(body as AsyncIterable<Uint8Array>, LARGEST_SET_BYTES)
  if (text === undefined) throw new Error('The JWK set is too large.')
  if (statusCode !== 200) throw new Error(`The issuer answered ${statusCode}.`)
  return keySetShape.parse(JSON.parse(text))
}

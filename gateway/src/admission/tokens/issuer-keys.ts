import { startPeriodic } from '@portico/service-kit/periodic'
import type { Logger } from '@portico/service-kit/logger'
import { createLocalJWKSet, errors, type JWTVerifyGetKey } from 'jose'
import type { KeySource } from './key-source.ts'

/** The issuer's keys can't be had, so nobody can tell what a token is worth. */
export class IssuerKeysUnavailableError extends Error {
  override readonly name = 'IssuerKeysUnavailableError'
}

/** Disposing them disposes their source. */
export interface IssuerKeys extends AsyncDisposable {
  /** For `jwtVerify`. @throws IssuerKeysUnavailableError until the issuer has answered once. */
  getKey: JWTVerifyGetKey
  /** Grows when the issuer's keys have changed: what was verified with those before may be worth nothing now. */
  generation(): number
}

/** When the issuer is asked. */
export interface IssuerKeysTiming {
  /** Pause between refreshes, after which a key that the issuer withdrew is no longer believed. Default 60,000 ms. */
  refreshMs?: number
  /** An unknown `kid` asks the issuer at most this often, also while it fails (until it has answered once, every second). Default 30,000 ms. */
  cooldownMs?: number
}

export interface IssuerKeysOptions extends IssuerKeysTiming {
  source: KeySource
  log: Logger
}

/** Pause between attempts until the issuer has answered once. */
const FIRST_ANSWER_PAUSE_MS = 1000

/**
 * The keys of a token issuer, fetched when they are first needed, refreshed on a timer, and asked for again when a token
 * names an unknown key. The last good set stays in use while the issuer is down. A token that names no key is verified
 * when only one key fits.
 */
export function createIssuerKeys(options: IssuerKeysOptions): IssuerKeys {
  const { source, log, refreshMs = 60_000, cooldownMs = 30_000 } = options
  let known: { keys: ReturnType<typeof createLocalJWKSet>; text: string } | undefined
  let generation = 0
  let fetching: Promise<void> | undefined
  let lastAttempt = -Infinity

  function refresh(): Promise<void> {
    fetching ??= replaceKeys().finally(() => {
      fetching = undefined
    })
    return fetching
  }

  async function replaceKeys(): Promise<void> {
    lastAttempt = performance.now()
    const keySet = await source.fetchKeys()
    const text = JSON.stringify(keySet)
    if (text === known?.text) return
    known = { keys: createLocalJWKSet(keySet), text }
    generation += 1
  }

  /** Whether the issuer was asked, or is being asked already. */
  async function refreshUnlessRecent(): Promise<boolean> {
    // Without any keys nobody can be told apart, so the issuer is waited for more eagerly.
    const pause = known ? cooldownMs : Math.min(cooldownMs, FIRST_ANSWER_PAUSE_MS)
    if (!fetching && performance.now() - lastAttempt < pause) return false
    await refresh().catch((err: unknown) =>
      log.warn({ err, url: source.address }, 'keys of access tokens can not be fetched'),
    )
    return true
  }

  const timer = startPeriodic({ name: 'refresh keys of access tokens', everyMs: refreshMs, run: refresh, log })

  return {
    async getKey(header, token) {
      if (!known) await refreshUnlessRecent()
      if (!known) throw new IssuerKeysUnavailableError(`${source.address} has not answered yet.`)
      try {
        return await known.keys(header, token)
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey) || !(await refreshUnlessRecent())) throw error
        return known.keys(header, token)
      }
    },
    generation: () => generation,
    async [Symbol.asyncDispose]() {
      // Both at once: the timer would wait for a fetch that only the source can end.
      await Promise.all([timer[Symbol.asyncDispose](), source[Symbol.asyncDispose]()])
    },
  }
}

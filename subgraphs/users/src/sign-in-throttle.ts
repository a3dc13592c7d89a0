import { rateLimited } from '@portico/service-kit/errors'
import type { PrismaClient } from './generated/prisma/client.ts'

/** Failures in a row that cost nothing but themselves. */
const FREE_FAILURES = 5
/** The longest delay; also the price at which someone else can keep an owner out. */
const LONGEST_DELAY_S = 900
/** Failures older than this are forgotten. */
const FORGET_AFTER_S = 86_400

export interface SignInThrottle {
  /**
   * Checks a password, unless there were too many failures. The attempt is counted before the check, so that parallel
   * guesses can't slip through together; a success forgets all failures. Attempts for one email take turns in this
   * process, so that right ones that come together are not taken for failures of each other.
   *
   * @throws GraphQLError `RATE_LIMITED` when no attempt may be made yet.
   */
  attempt(emailKey: string, check: () => Promise<boolean>): Promise<boolean>
  /** Deletes what is forgotten. */
  prune(): Promise<void>
}

/**
 * Limits sign-ins per email, whether or not an account has it: after 5 failures in a row the next attempt waits 1 s,
 * then 2 s, 4 s, up to 15 minutes.
 */
export function createSignInThrottle(db: PrismaClient, now: () => number): SignInThrottle {
  const inTurn = createTurns()

  /** The milliseconds to wait when an attempt may not be made yet, else 0: then it is counted. */
  async function count(emailKey: string): Promise<number> {
    const at = new Date(now())
    const counted = await db.$executeRaw`
        INSERT INTO sign_in_throttle AS t (email_key, failures, not_before)
        VALUES (${emailKey}, 1, ${at}::timestamptz)
        ON CONFLICT (email_key) DO UPDATE SET (failures, not_before) = (
          SELECT failures, ${at}::timestamptz + make_interval(secs => CASE
            WHEN failures < ${FREE_FAILURES}::int THEN 0
            ELSE least(${LONGEST_DELAY_S}::int, power(2, least(failures - ${FREE_FAILURES}::int, 20)))
          END)
          FROM (SELECT CASE
            WHEN t.not_before < ${at}::timestamptz - make_interval(secs => ${FORGET_AFTER_S}::int) THEN 1
            ELSE t.failures + 1
          END AS failures) AS next)
        WHERE t.not_before <= ${at}::timestamptz`
    if (counted > 0) return 0
    const blocked = await db.signInThrottle.findUnique({ where: { emailKey } })
    return Math.max(1, (blocked?.notBefore.getTime() ?? 0) - now())
  }

  return {
    attempt: (emailKey, check) =>
      inTurn(emailKey, async () => {
        const wait = await count(emailKey)
        if (wait > 0) throw rateLimited('Too many failed attempts for this account; try again later.', wait)
        const matches = await check()
        if (matches) await db.signInThrottle.deleteMany({ where: { emailKey } })
        return matches
      }),

    async prune() {
      await db.signInThrottle.deleteMany({ where: { notBefore: { lt: new Date(now() - FORGET_AFTER_S * 1000) } } })
    },
  }
}

/** Runs what has the same key one after the other, in the order of arrival. */
function createTurns() {
  const last = new Map<string, Promise<void>>()
  return async <T>(key: string, run: () => Promise<T>): Promise<T> => {
    const before = last.get(key)
    const { promise: done, resolve: finish } = Promise.withResolvers<void>()
    last.set(key, done)
    await before
    try {
      return await run()
    } finally {
      finish()
      if (last.get(key) === done) last.delete(key)
    }
  }
}

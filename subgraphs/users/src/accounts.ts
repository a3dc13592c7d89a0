import { isUniqueViolation } from '@portico/service-kit/database-errors'
import { isId, isStorable } from '@portico/service-kit/ids'
import {
  notFound,
  taken,
  versionConflict,
  type ConflictError,
  type NotFoundError,
} from '@portico/service-kit/user-errors'
import { line, validate, type ValidationError } from '@portico/service-kit/validation'
import { z } from 'zod'
import { emailKeyOf } from './emails.ts'
import type { PrismaClient, User } from './generated/prisma/client.ts'
import { hashPassword, verifyPassword } from './passwords.ts'
import { endAllSessions, type Session, type Sessions } from './sessions.ts'
import type { SignInThrottle } from './sign-in-throttle.ts'

export interface InvalidCredentialsError {
  __typename: 'InvalidCredentialsError'
  code: 'INVALID_CREDENTIALS'
  message: string
}

// Not `visible`, which allows joiners: two emails that look the same would be two accounts.
const email = z
  .string()
  .trim()
  .max(254, 'must be at most 254 characters')
  .regex(/^[^\p{C}\p{Zl}\p{Zp}]*$/u, 'must not hold invisible characters')
  .pipe(z.email({ pattern: z.regexes.unicodeEmail, error: 'must be an email address' }))
const password = z
  .string()
  .min(10, 'must be at least 10 characters')
  .max(200, 'must be at most 200 characters')
  .refine((text) => text.isWellFormed(), 'must be well-formed text, without half characters')
const displayName = line(80)

const registration = z.object({ email, password, displayName })

export interface Accounts {
  register(input: {
    email: string
    password: string
    displayName: string
  }): Promise<Session | ValidationError | ConflictError>
  signIn(credentials: { email: string; password: string }): Promise<Session | InvalidCredentialsError>
  refresh(refreshToken: string): Promise<Session | InvalidCredentialsError>
  signOut(refreshToken: string): Promise<void>
  updateProfile(
    userId: string,
    input: { displayName?: string | null | undefined; expectedVersion: number },
  ): Promise<(User & { __typename: 'User' }) | ValidationError | NotFoundError | ConflictError>
  changePassword(
    userId: string,
    input: { currentPassword: string; newPassword: string },
  ): Promise<Session | InvalidCredentialsError | ValidationError>
}

export interface AccountsOptions {
  db: PrismaClient
  sessions: Sessions
  throttle: SignInThrottle
  now: () => number
}

/**
 * What people do with their own account. Who was signed in by another issuer has none: no password is theirs, and their
 * profile is not there.
 */
export function createAccounts({ db, sessions, throttle, now }: AccountsOptions): Accounts {
  const checkPassword = (user: User | null, given: string, emailKey: string) =>
    throttle.attempt(emailKey, () => verifyPassword(user?.passwordHash, given))

  return {
    async register(input) {
      const checked = validate(registration, input, ['input'])
      if (!checked.ok) return checked.error
      const { value } = checked
      const passwordHash = await hashPassword(value.password)
      let user: User
      try {
        user = await db.user.create({
          data: { email: value.email, emailKey: emailKeyOf(value.email), displayName: value.displayName, passwordHash },
        })
      } catch (error) {
        if (isUniqueViolation(error, 'email_key')) return taken('An account with this email exists.')
        throw error
      }
      const session = await sessions.open(user)
      if (!session) throw new Error('The account changed while it was being registered.')
      return session
    },

    async signIn(credentials) {
      const emailKey = emailKeyOf(credentials.email)
      if (emailKey.length > 254 || !isStorable(emailKey)) return invalidCredentials()
      const user = await db.user.findUnique({ where: { emailKey } })
      if (!(await checkPassword(user, credentials.password, emailKey)) || !user) return invalidCredentials()
      return (await sessions.open(user)) ?? invalidCredentials()
    },

    async refresh(refreshToken) {
      return (await sessions.refresh(refreshToken)) ?? invalidCredentials('The session has ended; sign in again.')
    },

    signOut: (refreshToken) => sessions.end(refreshToken),

    async updateProfile(userId, input) {
      const checked = validate(z.object({ displayName: displayName.nullish() }), input, ['input'])
      if (!checked.ok) return checked.error
      if (!isId(userId)) return notFound('account')
      const { displayName: name } = checked.value
      const [user] = await db.user.updateManyAndReturn({
        where: { id: userId, version: input.expectedVersion },
        data: { version: { increment: 1 }, ...(name == null ? {} : { displayName: name }) },
      })
      if (user) return { __typename: 'User', ...user }
      const current = await db.user.findUnique({ where: { id: userId } })
      return current ? versionConflict(current.version) : notFound('account')
    },

    async changePassword(userId, { currentPassword, newPassword }) {
      const checked = validate(z.object({ newPassword: password }), { newPassword })
      if (!checked.ok) return checked.error
      const user = isId(userId) ? await db.user.findUnique({ where: { id: userId } }) : null
      if (!user) return invalidCredentials()
      if (!(await checkPassword(user, currentPassword, user.emailKey))) return invalidCredentials()
      const passwordHash = await hashPassword(newPassword)
      const changed = await db.$transaction(async (tx) => {
        const [row] = await tx.user.updateManyAndReturn({
          where: { id: userId, passwordHash: user.passwordHash },
          data: { passwordHash, version: { increment: 1 } },
        })
        if (row) await endAllSessions(tx, userId, new Date(now()))
        return row
      })
      return (changed && (await sessions.open(changed))) ?? invalidCredentials()
    },
  }
}

function invalidCredentials(message = 'Email or password is wrong.'): InvalidCredentialsError {
  return { __typename: 'InvalidCredentialsError', code: 'INVALID_CREDENTIALS', message }
}

import { isId } from '@portico/service-kit/ids'
import { notFound, versionConflict, type ConflictError, type NotFoundError } from '@portico/service-kit/user-errors'
import { line, validate, validationError, type ValidationError } from '@portico/service-kit/validation'
import { z } from 'zod'
import type { Address, PrismaClient } from './generated/prisma/client.ts'

/** How many addresses a user can keep. */
const MOST_ADDRESSES = 20

/** What is left out, null or blank, as forms send what nobody filled in, is null. */
const optionalLine = (most: number) =>
  z
    .string()
    .nullish()
    .transform((text) => text?.trim() || null)
    .pipe(line(most).nullable())

const addressInput = z.object({
  recipient: line(100),
  line1: line(200),
  line2: optionalLine(200),
  city: line(100),
  region: optionalLine(100),
  postalCode: line(20),
  countryCode: z.string().regex(/^[A-Z]{2}$/, 'must be an ISO 3166 country code such as DE'),
})

export interface AddressInput {
  recipient: string
  line1: string
  line2?: string | null | undefined
  city: string
  region?: string | null | undefined
  postalCode: string
  countryCode: string
}

type AddressRecord = Address & { __typename: 'Address' }

export interface Addresses {
  add(userId: string, input: AddressInput): Promise<AddressRecord | ValidationError | NotFoundError>
  update(
    userId: string,
    change: { id: string; input: AddressInput; expectedVersion: number },
  ): Promise<AddressRecord | ValidationError | NotFoundError | ConflictError>
  remove(userId: string, id: string): Promise<AddressRecord | NotFoundError>
}

/** The address book of a user. Someone else's address is one that is not there, and so is every one of no account. */
export function createAddresses(db: PrismaClient): Addresses {
  return {
    async add(userId, input) {
      const checked = validate(addressInput, input, ['input'])
      if (!checked.ok) return checked.error
      if (!isId(userId)) return notFound('account')
      return db.$transaction(async (tx) => {
        // The user's row serialises concurrent additions, so that the bound holds.
        const user = await tx.$queryRaw<unknown[]>`SELECT 1 FROM "user" WHERE id = ${userId}::uuid FOR UPDATE`
        if (user.length === 0) return notFound('account')
        if ((await tx.address.count({ where: { userId } })) >= MOST_ADDRESSES) {
          return validationError([{ path: ['input'], message: `at most ${MOST_ADDRESSES} addresses can be kept` }])
        }
        const address = await tx.address.create({ data: { ...checked.value, userId } })
        return { __typename: 'Address', ...address } as const
      })
    },

    async update(userId, { id, input, expectedVersion }) {
      const checked = validate(addressInput, input, ['input'])
      if (!checked.ok) return checked.error
      if (!isId(id) || !isId(userId)) return notFound('address')
      const [address] = await db.address.updateManyAndReturn({
        where: { id, userId, version: expectedVersion },
        data: { ...checked.value, version: { increment: 1 } },
      })
      if (address) return { __typename: 'Address', ...address }
      const current = await db.address.findFirst({ where: { id, userId } })
      return current ? versionConflict(current.version) : notFound('address')
    },

    async remove(userId, id) {
      if (!isId(id) || !isId(userId)) return notFound('address')
      const [address] = await db.$queryRaw<Address[]>`
        DELETE FROM address WHERE id = ${id}::uuid AND user_id = ${userId}::uuid
        RETURNING id, user_id AS "userId", recipient, line1, line2, city, region, postal_code AS "postalCode",
          country_code AS "countryCode", created_at AS "createdAt", version`
      return address ? { __typename: 'Address', ...address } : notFound('address')
    },
  }
}

import { describe, expect, it } from '@jest/globals'
import { OrderActor, OrderStatus } from '../src/generated/prisma/enums.ts'
import { invalidTransition, mayTransition } from '../src/order-status.ts'

describe('the life of an order', () => {
  it('knows exactly these changes, each by these actors', () => {
    const statuses = Object.values(OrderStatus)
    const possible = statuses.flatMap((from) =>
      statuses.flatMap((to) =>
        Object.values(OrderActor)
          .filter((actor) => mayTransition(from, to, actor))
          .map((actor) => `${from} to ${to} by ${actor}`),
      ),
    )
    expect(possible.toSorted()).toEqual([
      'CONFIRMED to CANCELLED by CUSTOMER',
      'CONFIRMED to CANCELLED by STAFF',
      'CONFIRMED to SHIPPED by STAFF',
      'PENDING to CANCELLED by CUSTOMER',
      'PENDING to CANCELLED by STAFF',
      'PENDING to CONFIRMED by SYSTEM',
      'PENDING to REJECTED by SYSTEM',
      'SHIPPED to DELIVERED by STAFF',
    ])
  })

  it('says which change it refuses', () => {
    expect(invalidTransition('DELIVERED', 'SHIPPED')).toEqual({
      __typename: 'InvalidTransitionError',
      code: 'INVALID_TRANSITION',
      message: "An order that is DELIVERED can't become SHIPPED.",
      from: 'DELIVERED',
      to: 'SHIPPED',
    })
  })
})

import { describe, expect, it } from '@jest/globals'
import type { SignedInViewer } from '@portico/service-kit/viewer'
import { admin, catalogManager, customer, support } from '@portico/testkit/viewers'
import { Role } from '../src/generated/prisma/enums.ts'
import { scopesOf } from '../src/roles.ts'

const VIEWERS: Readonly<Record<Role, SignedInViewer>> = {
  CUSTOMER: customer(),
  SUPPORT: support(),
  CATALOG_MANAGER: catalogManager(),
  ADMIN: admin(),
}

describe('the viewers that all tests use', () => {
  it.each(Object.values(Role))('have what sign-in gives to %s', (role) => {
    expect(VIEWERS[role].roles).toEqual([role])
    expect(VIEWERS[role].scopes.toSorted()).toEqual(scopesOf(role).toSorted())
  })
})

import { randomUUID } from 'node:crypto'
import type { SignedInViewer } from '@portico/service-kit/viewer'

/** A customer, with the scopes that sign-in gives. A test of the users subgraph keeps all of these true. */
export const customer = (id: string = randomUUID()): SignedInViewer => viewer(id, 'CUSTOMER', [])

/** Support staff, with the scopes that sign-in gives. */
export const support = (id: string = randomUUID()): SignedInViewer =>
  viewer(id, 'SUPPORT', ['users:read', 'orders:read', 'orders:fulfil'])

/** Who looks after the catalogue, with the scopes that sign-in gives. */
export const catalogManager = (id: string = randomUUID()): SignedInViewer =>
  viewer(id, 'CATALOG_MANAGER', ['products:write', 'inventory:read', 'inventory:write'])

/** An administrator, with the scopes that sign-in gives. */
export const admin = (id: string = randomUUID()): SignedInViewer =>
  viewer(id, 'ADMIN', [
    'users:read',
    'users:admin',
    'orders:read',
    'orders:fulfil',
    'products:write',
    'inventory:read',
    'inventory:write',
  ])

function viewer(id: string, role: string, scopes: string[]): SignedInViewer {
  return { kind: 'user', id, roles: [role], scopes, plan: 'FREE' }
}

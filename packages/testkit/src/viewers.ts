import { randomUUID } from 'node:crypto'
import type { SignedInViewer } from '@portico/service-kit/viewer'

/** Viewers with the scopes that sign-in gives to each role. */

export const customer = (id: string = randomUUID()): SignedInViewer => viewer(id, 'CUSTOMER', [])

export const support = (id: string = randomUUID()): SignedInViewer =>
  viewer(id, 'SUPPORT', ['users:read', 'orders:read', 'orders:fulfil'])

export const catalogManager = (id: string = randomUUID()): SignedInViewer =>
  viewer(id, 'CATALOG_MANAGER', ['products:write', 'inventory:read', 'inventory:write'])

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

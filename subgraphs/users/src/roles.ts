import type { Role } from './generated/prisma/enums.ts'

/** What each role may do beyond its own data; given at sign-in, and kept until the access token ends. */
const SCOPES: Readonly<Record<Role, readonly string[]>> = {
  CUSTOMER: [],
  SUPPORT: ['users:read', 'orders:read', 'orders:fulfil'],
  CATALOG_MANAGER: ['products:write', 'inventory:read', 'inventory:write'],
  ADMIN: [
    'users:read',
    'users:admin',
    'orders:read',
    'orders:fulfil',
    'products:write',
    'inventory:read',
    'inventory:write',
  ],
}

export function scopesOf(role: Role): string[] {
  return [...SCOPES[role]]
}

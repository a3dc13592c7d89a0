import { describe, expect, it } from '@jest/globals'
import { ANONYMOUS, hasScopes, isUser, mayRead, type Viewer } from '@portico/service-kit/viewer'

const ann: Viewer = { kind: 'user', id: 'ann', roles: [], scopes: [], plan: 'FREE' }
const clerk: Viewer = { ...ann, id: 'clerk', scopes: ['orders:read', 'users:read'] }

describe('a viewer', () => {
  it('holds scopes only when all that are asked for are there', () => {
    expect(hasScopes(clerk, 'users:read', 'orders:read')).toBe(true)
    expect(hasScopes(clerk, 'users:read', 'users:admin')).toBe(false)
    expect(hasScopes(clerk, 'users')).toBe(false)
    expect(hasScopes(ann, 'users:read')).toBe(false)
  })

  it('who is nobody holds nothing, not even no scopes at all', () => {
    expect(hasScopes(ANONYMOUS)).toBe(false)
    expect(isUser(ANONYMOUS, '')).toBe(false)
    expect(mayRead(ANONYMOUS, '', 'users:read')).toBe(false)
  })

  it('reads what they own, and what their scope opens', () => {
    expect(mayRead(ann, 'ann', 'users:read')).toBe(true)
    expect(mayRead(ann, 'ben', 'users:read')).toBe(false)
    expect(mayRead(clerk, 'ben', 'users:read')).toBe(true)
    expect(mayRead(clerk, 'ben', 'users:admin')).toBe(false)
  })
})

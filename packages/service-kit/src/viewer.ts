/** What a plan's name may be; the gateway scales limits by it. */
export const PLANS = ['FREE', 'PRO', 'ENTERPRISE'] as const
export type PlanName = (typeof PLANS)[number]

export interface AnonymousViewer {
  readonly kind: 'anonymous'
}

export interface SignedInViewer {
  readonly kind: 'user'
  readonly id: string
  readonly roles: readonly string[]
  readonly scopes: readonly string[]
  readonly plan: PlanName
}

/** On whose behalf a request runs. */
export type Viewer = AnonymousViewer | SignedInViewer

export const ANONYMOUS: AnonymousViewer = Object.freeze({ kind: 'anonymous' })

/** True when the viewer holds all of `scopes`; nobody signed in holds none. */
export function hasScopes(viewer: Viewer, ...scopes: readonly string[]): boolean {
  return viewer.kind === 'user' && scopes.every((scope) => viewer.scopes.includes(scope))
}

/** True when the viewer is this user. */
export function isUser(viewer: Viewer, userId: string): viewer is SignedInViewer {
  return viewer.kind === 'user' && viewer.id === userId
}

/** The rule of owned data: it answers its owner and the holders of one scope. */
export function mayRead(viewer: Viewer, ownerId: string, scope: string): boolean {
  return isUser(viewer, ownerId) || hasScopes(viewer, scope)
}

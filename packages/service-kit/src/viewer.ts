/** What a plan's name may be; the gateway scales limits by it. */
export const PLANS = ['FREE', 'PRO', 'ENTERPRISE'] as const
/** The name of a plan. */
export type PlanName = (typeof PLANS)[number]

/** Nobody is signed in. */
export interface AnonymousViewer {
  readonly kind: 'anonymous'
}

/** Someone with a valid access token, as the token says. */
export interface SignedInViewer {
  readonly kind: 'user'
  /** The token's `sub`. A UUID when our users subgraph issued it; another issuer's may be any text. */
  readonly id: string
  readonly roles: readonly string[]
  /** What the viewer may do beyond their own data, such as `orders:read`. */
  readonly scopes: readonly string[]
  readonly plan: PlanName
}

/** On whose behalf a request runs. */
export type Viewer = AnonymousViewer | SignedInViewer

/** The one anonymous viewer. */
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

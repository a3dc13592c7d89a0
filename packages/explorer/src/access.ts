import { askGraph, GraphError } from './graph.ts'
import {
  isSession,
  REFRESH_SESSION,
  SIGN_IN,
  SIGN_OUT,
  VIEWER,
  type SessionResult,
  type Viewer,
} from './session-operations.ts'

/** As whom operations are sent. */
export type Access =
  | { kind: 'nobody'; sessionEnded?: true }
  | { kind: 'header'; authorization: string }
  | { kind: 'session'; accessToken: string; refreshToken: string; viewer: Viewer }

/** Keeps the {@link Access} of this browser tab, reloads included and no longer. */
export interface AccessStore {
  current: () => Access
  /** For React's `useSyncExternalStore`. */
  subscribe: (listener: () => void) => () => void
  /** @throws GraphError with what to tell when nobody is signed in now. */
  signIn(credentials: { email: string; password: string }): Promise<void>
  signOut(): Promise<void>
  /** The `authorization` header of all operations; empty: none. */
  setAuthorization(authorization: string): void
  /** A `fetch` that says who is asking, and refreshes the session when its access token has expired. */
  fetch: typeof fetch
}

const STORAGE_KEY = 'portico:access'

export function createAccessStore(graphqlPath: string): AccessStore {
  let access = restore()
  let refreshing: Promise<void> | undefined
  const listeners = new Set<() => void>()

  function become(next: Access): void {
    access = next
    sessionStorage.setItem(STORAGE_KEY, JSON.stringify(access))
    for (const listener of listeners) listener()
  }

  async function refresh(expired: Extract<Access, { kind: 'session' }>): Promise<void> {
    const { refreshToken } = expired
    const { refreshSession } = await askGraph<{ refreshSession: SessionResult | null }>(graphqlPath, {
      query: REFRESH_SESSION,
      variables: { refreshToken },
    })
    // Meanwhile they may have signed out.
    if (access !== expired) return
    become(
      isSession(refreshSession)
        ? { ...expired, accessToken: refreshSession.accessToken, refreshToken: refreshSession.refreshToken }
        : { kind: 'nobody', sessionEnded: true },
    )
  }

  return {
    current: () => access,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async signIn(credentials) {
      const { signIn } = await askGraph<{ signIn: SessionResult | null }>(graphqlPath, {
        query: SIGN_IN,
        variables: credentials,
      })
      if (!isSession(signIn)) throw new GraphError(signIn?.message ?? 'Signing in is not possible at the moment.')
      const { accessToken, refreshToken } = signIn
      const { me } = await askGraph<{ me: Viewer | null }>(graphqlPath, { query: VIEWER, accessToken })
      if (!me) throw new GraphError('The graph does not know who has signed in.')
      become({ kind: 'session', accessToken, refreshToken, viewer: me })
    },
    async signOut() {
      const left = access
      become({ kind: 'nobody' })
      if (left.kind !== 'session') return
      const variables = { refreshToken: left.refreshToken }
      // Here the tokens are forgotten already; those of a gateway that is gone expire.
      await askGraph(graphqlPath, { query: SIGN_OUT, variables }).catch(() => undefined)
    },
    setAuthorization(authorization) {
      become(authorization === '' ? { kind: 'nobody' } : { kind: 'header', authorization })
    },
    async fetch(input, init) {
      const before = access
      const response = await fetch(input, withAuthorization(init, before))
      if (response.status !== 401 || before.kind !== 'session') return response
      // Once for all operations that found out at the same time.
      if (access === before) {
        refreshing ??= refresh(before).finally(() => (refreshing = undefined))
        await refreshing.catch(() => undefined)
      }
      // As whoever it is now. Nothing was executed with the expired token, so that a mutation may be sent again too.
      return access === before ? response : fetch(input, withAuthorization(init, access))
    },
  }
}

/** What people write into the headers of an operation comes first. */
function withAuthorization(init: RequestInit | undefined, access: Access): RequestInit {
  const headers = new Headers(init?.headers)
  if (access.kind !== 'nobody' && !headers.has('authorization')) {
    headers.set('authorization', access.kind === 'session' ? `Bearer ${access.accessToken}` : access.authorization)
  }
  return { ...init, headers }
}

/** What this page has stored; whatever else is there, such as half a text, is nobody. */
function restore(): Access {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? 'null')
    return isAccess(stored) ? stored : { kind: 'nobody' }
  } catch {
    return { kind: 'nobody' }
  }
}

function isAccess(stored: unknown): stored is Access {
  if (typeof stored !== 'object' || stored === null || !('kind' in stored)) return false
  if (stored.kind === 'header') return 'authorization' in stored
  return stored.kind === 'nobody' || (stored.kind === 'session' && 'accessToken' in stored && 'viewer' in stored)
}

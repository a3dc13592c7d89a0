import { Button, pick, useGraphiQL } from '@graphiql/react'
import { useState, useSyncExternalStore, useTransition, type SubmitEvent } from 'react'
import type { Access, AccessStore } from './access.ts'
import { hasSessions, type Viewer } from './session-operations.ts'

/**
 * Says as whom operations are sent, and changes it: by email and password where the graph has Portico's sessions, else by
 * whatever authorization header is given. Has to be within GraphiQL, which knows the schema.
 */
export function SignIn({ store }: { store: AccessStore }) {
  const access = useSyncExternalStore(store.subscribe, store.current)
  const { fetchError, schema } = useGraphiQL(pick('fetchError', 'schema'))
  if (access.kind === 'session') return <SignedIn store={store} viewer={access.viewer} />
  if (access.kind === 'header') return <AuthorizationBox store={store} access={access} />
  if (schema && hasSessions(schema)) return <SignInForm store={store} access={access} />
  return schema || fetchError !== null ? <AuthorizationBox store={store} access={access} /> : null
}

function SignedIn({ store, viewer }: { store: AccessStore; viewer: Viewer }) {
  return (
    <output className="explorer-access">
      <strong>{viewer.displayName}</strong>
      {[viewer.role, viewer.plan].map(
        (label) =>
          label !== null && (
            <span key={label} className="explorer-badge">
              {label}
            </span>
          ),
      )}
      <Button type="button" onClick={() => void store.signOut()}>
        Sign out
      </Button>
    </output>
  )
}

function SignInForm({ store, access }: { store: AccessStore; access: Access }) {
  const ended = access.kind === 'nobody' && access.sessionEnded
  const [problem, setProblem] = useState(ended ? 'Your session has ended. Sign in again.' : '')
  const [isPending, startTransition] = useTransition()
  function signIn(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    setProblem('')
    startTransition(async () => {
      try {
        await store.signIn({ email: textOf(form, 'email'), password: textOf(form, 'password') })
      } catch (error) {
        setProblem(error instanceof Error ? error.message : String(error))
      }
    })
  }
  return (
    <form className="explorer-access" aria-label="Sign in" onSubmit={signIn}>
      <span role="alert" className="explorer-problem">
        {problem}
      </span>
      <label>
        Email <input name="email" type="email" autoComplete="username" required />
      </label>
      <label>
        Password <input name="password" type="password" autoComplete="current-password" required />
      </label>
      <Button type="submit" disabled={isPending}>
        {isPending ? 'Signing in…' : 'Sign in'}
      </Button>
    </form>
  )
}

function AuthorizationBox({ store, access }: { store: AccessStore; access: Access }) {
  return (
    <div className="explorer-access">
      <label>
        authorization header{' '}
        <input
          type="password"
          autoComplete="off"
          placeholder="Bearer …"
          size={40}
          value={access.kind === 'header' ? access.authorization : ''}
          onChange={(event) => store.setAuthorization(event.currentTarget.value)}
        />
      </label>
    </div>
  )
}

function textOf(form: FormData, name: string): string {
  const value = form.get(name)
  return typeof value === 'string' ? value : ''
}

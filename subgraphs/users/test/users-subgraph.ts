import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startTestSubgraph, type TestSubgraph } from '@portico/testkit/test-subgraph'
import { customer } from '@portico/testkit/viewers'
import { startUsers } from '../src/server.ts'
import { createSigningKey } from '../src/signing-keys.ts'

export interface TestUsers extends TestSubgraph {
  /** The clock of sessions, tokens and throttles. */
  clock: { now: number }
  /** Registers an account and returns its session and the viewer that it is. */
  register(email: string, password?: string): Promise<{ session: Session; viewer: ReturnType<typeof customer> }>
}

export interface Session {
  accessToken: string
  accessTokenExpiresAt: string
  refreshToken: string
  refreshTokenExpiresAt: string
}

export const PASSWORD = 'correct horse battery'
export const SESSION = '... on Session { accessToken accessTokenExpiresAt refreshToken refreshTokenExpiresAt }'

/** The users subgraph on a database of its own, with a clock that the test sets. */
export async function startTestUsers(): Promise<TestUsers> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'portico-keys-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  await createSigningKey(folder, new Date(0))
  const clock = { now: Date.now() }
  const tokens = {
    issuer: 'https://users.test',
    audience: 'portico',
    accessLifetimeS: 900,
    refreshLifetimeS: 2_592_000,
    signingKeysFolder: folder,
  }
  const subgraph = stack.use(
    await startTestSubgraph('users', (config, dependencies) =>
      startUsers({ subgraph: config, tokens }, { ...dependencies, now: () => clock.now }),
    ),
  )
  const running = stack.move()
  return {
    ...subgraph,
    clock,
    async register(email, password = PASSWORD) {
      const input = { email, password, displayName: email.split('@')[0] }
      const reply = await subgraph.request<{ register: Session }>(
        `mutation ($input: RegisterInput!) { register(input: $input) { ${SESSION} } }`,
        { input },
      )
      const session = reply.data.register
      const [, payload = ''] = session.accessToken.split('.')
      const { sub } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { sub: string }
      return { session, viewer: customer(sub) }
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

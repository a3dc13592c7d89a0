import { expect } from '@jest/globals'
import { bearer, createKey, inSeconds, type TokenParts } from '../token-issuer.ts'
import { answerOf, type Probe, type Target } from './target.ts'

const HELLO = { query: '{ hello }' }

/** Asks with a token that differs from a good one. */
const token =
  (parts: (target: Target) => TokenParts | Promise<TokenParts>): Probe['attack'] =>
  async (target) =>
    target.post(HELLO, { authorization: await bearer(target.issuer.key, await parts(target)) })

const worthless: Pick<Probe, 'status' | 'code' | 'check'> = {
  status: 401,
  code: 'UNAUTHENTICATED',
  check: ({ headers }) => expect(headers['www-authenticate']).toBe('Bearer error="invalid_token"'),
}

const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Tokens that are not what they say. */
export const TOKENS: Probe[] = [
  {
    name: 'a token with the algorithm "none"',
    attack: (target) => {
      const claims = { iss: 'https://issuer.test', aud: 'portico', sub: 'admin', exp: inSeconds(300), scope: 'a' }
      return target.post(HELLO, {
        authorization: `Bearer ${base64({ alg: 'none', typ: 'at+jwt' })}.${base64(claims)}.AA`,
      })
    },
    ...worthless,
  },
  {
    name: 'a token signed by somebody else under the key id of the issuer',
    attack: token(async () => ({ signWith: (await createKey()).privateKey })),
    ...worthless,
  },
  {
    name: 'a token signed with the public key as a password',
    attack: token(({ issuer }) => ({
      header: { alg: 'HS256' },
      signWith: new TextEncoder().encode(JSON.stringify(issuer.key.publicJwk)),
    })),
    ...worthless,
  },
  { name: 'an expired token', attack: token(() => ({ claims: { exp: inSeconds(-60) } })), ...worthless },
  { name: 'a token for somebody else', attack: token(() => ({ claims: { aud: 'another' } })), ...worthless },
  {
    name: 'a token of another issuer',
    attack: token(() => ({ claims: { iss: 'https://evil.example' } })),
    ...worthless,
  },
  {
    name: 'a token that brings its own key',
    attack: token(async () => {
      const own = await createKey()
      return { header: { jwk: own.publicJwk, kid: own.publicJwk.kid }, signWith: own.privateKey }
    }),
    ...worthless,
  },
  {
    name: 'a token in the query string',
    attack: async (target) => {
      const access_token = (await bearer(target.issuer.key)).replace('Bearer ', '')
      return target.get({ query: '{ secretGreeting }', access_token })
    },
    status: 200,
    data: { secretGreeting: null },
    never: /welcome/,
  },
  {
    name: 'a good token and a bad one at once',
    attack: async (target) => {
      const body = JSON.stringify(HELLO)
      const lines = [
        'POST /graphql HTTP/1.1',
        'Host: gateway',
        'Connection: close',
        'Content-Type: application/json',
        `Content-Length: ${body.length}`,
        `Authorization: ${await bearer(target.issuer.key)}`,
        'Authorization: Bearer a.b.c',
      ]
      return answerOf(await target.raw([...lines, '', body].join('\r\n')))
    },
    ...worthless,
  },
]

const FORGED = {
  'x-portico-identity': 'forged',
  'x-portico-viewer': 'admin',
  'x-portico-deadline': '99999999',
  'x-user-id': 'admin',
  cookie: 'session=stolen',
}

/** Headers that only the gateway, or a proxy in front of it, may set. */
export const HEADERS: Probe[] = [
  {
    name: 'the identity that only the gateway tells subgraphs',
    attack: (target) => target.post(HELLO, FORGED),
    status: 200,
    asked: 1,
    check(_, { graph }) {
      const headers = graph.requests.at(-1)?.headers
      expect(
        Object.entries(headers ?? {})
          .flat()
          .join(),
      ).not.toMatch(/forged|admin|stolen|99999999/)
    },
  },
  {
    name: "the client's token, for subgraphs to read",
    attack: async (target) => target.post(HELLO, { authorization: await bearer(target.issuer.key) }),
    status: 200,
    asked: 1,
    check: (_, { graph }) => expect(graph.requests.at(-1)?.headers).not.toHaveProperty('authorization'),
  },
  {
    name: 'the address of somebody else',
    attack: (target) =>
      target.post(HELLO, {
        'x-forwarded-for': '203.0.113.7',
        forwarded: 'for=203.0.113.7',
        'x-real-ip': '203.0.113.7',
      }),
    status: 200,
    asked: 1,
    async check({ headers }, { graph }) {
      const line = graph.logged.find(({ requestId, msg }) => msg === 'request' && requestId === headers['x-request-id'])
      expect(line).toMatchObject({ clientAddress: '127.0.0.1' })
    },
  },
  {
    name: 'a page of a foreign origin that asks all the same',
    attack: (target) => target.post(HELLO, { origin: 'https://evil.example' }),
    status: 200,
    asked: 1,
    never: /access-control/i,
  },
  {
    name: 'a page without an origin',
    attack: (target) => target.post(HELLO, { origin: 'null' }),
    status: 200,
    asked: 1,
    never: /access-control/i,
  },
]

/** What breaks inside. */
export const FAILURES: Probe[] = [
  {
    name: 'a field that breaks, for its stack, its SQL and its addresses',
    attack: (target) => target.post({ query: '{ broken hello }' }),
    status: 200,
    data: { broken: null, hello: 'hello' },
    asked: 1,
    code: 'DOWNSTREAM_SERVICE_ERROR',
    never: /ECONNREFUSED|SELECT|things?\.js|5432/,
  },
]

import { request, type OutgoingHttpHeaders } from 'node:http'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { AUDIENCE, ISSUER, startTokenIssuer, type TokenIssuer } from '../token-issuer.ts'
import { startTinyGraph, type TinyGraph } from '../tiny-graph.ts'

/** What came back, whatever it was. */
export interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  text: string
  /** The body as JSON; undefined when it is none. */
  json: { data?: Record<string, unknown> | null; errors?: AnswerError[]; error?: string } | undefined
}

/** One of an answer's errors. */
export interface AnswerError {
  message: string
  extensions: Record<string, unknown>
}

/** A gateway under the production preset, with an issuer of tokens and a subgraph that keeps what it was asked. */
export interface Target extends AsyncDisposable {
  graph: TinyGraph
  issuer: TokenIssuer
  /** Posts JSON: a value, or text that is to be taken for it. */
  post(body: unknown, headers?: OutgoingHttpHeaders): Promise<Answer>
  get(search: Record<string, string>, headers?: OutgoingHttpHeaders): Promise<Answer>
  send(options: {
    method: string
    path?: string
    headers?: OutgoingHttpHeaders
    body?: string | Buffer
  }): Promise<Answer>
  /** Writes bytes to a connection of its own, and reads until the gateway closes it. */
  raw(bytes: string): Promise<string>
  /** A connection of its own. */
  dial(): Socket
}

/** An attack, and what must hold of its answer. */
export interface Probe {
  name: string
  attack: (target: Target) => Promise<Answer>
  status: number | number[]
  /** The code of every error. */
  code?: string
  /** Of the one error. */
  extensions?: Record<string, unknown>
  /** What the answer holds as data. */
  data?: Record<string, unknown>
  /** What the answer must not hold, beside what no answer may. */
  never?: RegExp
  /** How many requests the subgraph may have got of it. Default: none. */
  asked?: number | number[]
  /** Whatever else must hold. */
  check?: (answer: Answer, target: Target) => void | Promise<void>
}

/** Names that tell the schema of what is attacked; a client that is told of one was told too much. */
export const SDL = `
  scalar Any
  enum Colour { CRIMSON TURQUOISE }
  input Filter { fieldInside: String and: [Filter!] }
  type Query {
    hello: String
    secretGreeting: String @authenticated
    echo(text: String, number: Int, any: Any, filter: Filter, colour: Colour): String
    thing: Thing
    broken: String
  }
  type Mutation { change: String }
  type Thing { id: ID name: String thing: Thing }
`

const thing = (): object => ({ id: '1', name: 'thing', thing })

const resolvers = {
  Query: {
    hello: () => 'hello',
    secretGreeting: () => 'welcome',
    echo: (_: unknown, values: object) => JSON.stringify(values),
    thing,
    broken: () => {
      throw new Error('connect ECONNREFUSED 10.0.0.7:5432 while running SELECT * FROM "user"')
    },
  },
  Mutation: { change: () => 'changed' },
}

/** Requests have to arrive within this time. */
export const RECEIVE_TIMEOUT_MS = 1500

export async function startTarget(): Promise<Target> {
  await using stack = new AsyncDisposableStack()
  const issuer = stack.use(await startTokenIssuer())
  const graph = stack.use(
    await startTinyGraph(
      { things: { sdl: SDL, resolvers } },
      {
        NODE_ENV: 'production',
        JWKS_URL: issuer.jwksUrl.href,
        TOKEN_ISSUER: ISSUER,
        TOKEN_AUDIENCE: AUDIENCE,
        RECEIVE_TIMEOUT_MS: String(RECEIVE_TIMEOUT_MS),
      },
    ),
  )
  const { hostname, port, pathname } = graph.url
  const dial = () => connect(Number(port), hostname)

  async function send({ method, path = pathname, headers = {}, body }: Parameters<Target['send']>[0]): Promise<Answer> {
    const accept = 'application/graphql-response+json'
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const sent = request(
      { hostname, port, path, method, agent: false, headers: { accept, ...headers } },
      (response) => {
        void text(response).then(
          (all) =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, text: all, json: parsed(all) }),
          reject,
        )
      },
    )
    sent.once('error', reject)
    // A refusal may come, and the connection end, before everything is sent.
    sent.end(body)
    return promise
  }

  const running = stack.move()
  return {
    graph,
    issuer,
    send,
    dial,
    post: (body, headers) =>
      send({
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    get: (search, headers) =>
      send({
        method: 'GET',
        path: `${pathname}?${new URLSearchParams(search).toString()}`,
        headers: { 'apollo-require-preflight': 'yes', ...headers },
      }),
    async raw(bytes) {
      const socket = dial()
      socket.write(bytes, 'latin1')
      return text(socket)
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** What a connection was answered, as one answer; further answers on it are part of its text. */
export function answerOf(bytes: string): Answer {
  const [head = '', ...rest] = bytes.split('\r\n\r\n')
  const [statusLine = '', ...lines] = head.split('\r\n')
  const headers = Object.fromEntries(
    lines.map((line) => line.split(': ')).map(([name = '', value]) => [name.toLowerCase(), value]),
  )
  return { status: Number(statusLine.split(' ')[1] ?? 0), headers, text: bytes, json: parsed(rest.join('\r\n\r\n')) }
}

function parsed(body: string): Answer['json'] {
  try {
    return JSON.parse(body) as Answer['json']
  } catch {
    return undefined
  }
}

import { DEADLINE_HEADER } from '@portico/service-kit/deadline'
import { Pool } from 'undici'
import { z } from 'zod'
import { readBoundedBody } from '../bounded-body.ts'
import type { SubgraphConnections } from '../config/supergraph.ts'
import { startDeadline, TimeIsOverError } from '../deadline.ts'

/** A subgraph gave no usable answer; the message is safe to pass on. */
export class SubgraphError extends Error {
  override readonly name = 'SubgraphError'
  /** `timeout` is the subgraph's own, `request-timeout` that of the whole request; `cancelled`: its client is gone. */
  readonly reason: 'unreachable' | 'untrusted' | 'bad-answer' | 'timeout' | 'request-timeout' | 'cancelled'

  constructor(reason: SubgraphError['reason'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

const graphqlAnswer = z.object({
  data: z.record(z.string(), z.unknown()).nullish(),
  errors: z
    .array(
      z.object({
        message: z.string(),
        path: z.array(z.union([z.string(), z.number()])).nullish(),
        extensions: z.record(z.string(), z.unknown()).nullish(),
      }),
    )
    .nullish(),
  extensions: z.record(z.string(), z.unknown()).nullish(),
})
export type SubgraphAnswer = z.infer<typeof graphqlAnswer>

export interface SubgraphRequest {
  query: string
  operationName?: string | undefined
  variables?: Readonly<Record<string, unknown>> | undefined
}

export interface SubgraphClient extends AsyncDisposable {
  /**
   * Sends one operation. `signal` cancels it; `deadline`, in the time of `performance.now()`, is when it will. The
   * subgraph is told how long its answer is waited for.
   *
   * @throws SubgraphError when no GraphQL answer came back in time.
   */
  send(
    request: SubgraphRequest,
    options: { headers: Record<string, string>; signal: AbortSignal; deadline: number },
  ): Promise<SubgraphAnswer>
}

export interface SubgraphClientOptions extends SubgraphConnections {
  name: string
  url: URL
}

/** Talks GraphQL over HTTP with one subgraph, over a pool of keep-alive connections. Redirects are not followed. */
export function createSubgraphClient(options: SubgraphClientOptions): SubgraphClient {
  const { name, url, timeoutMs, connections, answerLimitBytes } = options
  const pool = new Pool(url.origin, { connections, connectTimeout: timeoutMs, keepAliveTimeout: 30_000 })

  async function read(body: AsyncIterable<Uint8Array>): Promise<unknown> {
    const text = await readBoundedBody(body, answerLimitBytes)
    if (text === undefined) throw new SubgraphError('bad-answer', `The answer of ${name} is too large.`)
    return JSON.parse(text)
  }

  return {
    async send({ query, operationName, variables }, { headers, signal, deadline }) {
      if (signal.aborted) throw givenUp(name, signal)
      using own = startDeadline({ withinMs: timeoutMs, parent: signal })
      try {
        const response = await pool.request({
          path: url.pathname + url.search,
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            accept: 'application/graphql-response+json, application/json',
            ...headers,
            [DEADLINE_HEADER]: String(Math.max(0, Math.floor(Math.min(timeoutMs, deadline - performance.now())))),
          },
          body: JSON.stringify({ query, operationName, variables }),
          signal: own.signal,
        })
        const answer = graphqlAnswer.safeParse(await read(response.body))
        if (!answer.success) {
          throw new SubgraphError('bad-answer', `${name} answered ${response.statusCode} without a GraphQL result.`)
        }
        return answer.data
      } catch (error) {
        if (error instanceof SubgraphError) throw error
        if (signal.aborted) throw givenUp(name, signal)
        if (own.signal.aborted) throw new SubgraphError('timeout', `${name} did not answer in time.`, { cause: error })
        if (error instanceof SyntaxError) {
          throw new SubgraphError('bad-answer', `${name} answered with something that is not JSON.`, { cause: error })
        }
        throw new SubgraphError('unreachable', `${name} can not be reached.`, { cause: error })
      }
    },
    async [Symbol.asyncDispose]() {
      await pool.close()
    },
  }
}

function givenUp(name: string, { reason }: AbortSignal): SubgraphError {
  return reason instanceof TimeIsOverError
    ? new SubgraphError('request-timeout', `The request ran out of time before ${name} had answered.`)
    : new SubgraphError('cancelled', 'The client is gone.')
}

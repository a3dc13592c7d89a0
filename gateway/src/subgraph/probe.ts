import type { HealthCheck } from '@portico/service-kit/health'
import { IDENTITY_HEADER, type EnvelopeSigner } from '@portico/service-kit/identity-envelope'
import { ANONYMOUS } from '@portico/service-kit/viewer'
import { Agent, request, type Dispatcher } from 'undici'
import { readBoundedBody } from '../bounded-body.ts'
import type { HealthConfig } from '../config/health.ts'
import { parseToldEvents, type ToldEvents } from './told-events.ts'

/** What asks subgraphs how they are; disposing it closes the connections. */
export interface Probes extends AsyncDisposable {
  checks: HealthCheck[]
  /** What a subgraph told of its events when a probe succeeded the last time; undefined when it told nothing. */
  eventsOf: (subgraph: string) => ToldEvents | undefined
}

export interface ProbesOptions extends Pick<HealthConfig, 'probes' | 'optionalSubgraphs'> {
  /** Undefined: subgraphs are not told who asks, and have no details for us. */
  signer: EnvelopeSigner | undefined
}

const NOT_IMPLEMENTED = 501
/** Details are a few hundred. */
const LARGEST_ANSWER_BYTES = 16_384

/**
 * Whether each subgraph can serve. One that has no health route is up as long as it does not answer with a server error,
 * so that subgraphs that know nothing of us need no configuration; a server that knows no GET at all answers 501
 * (RFC 9110, section 15.6.2). Over connections of their own: a subgraph whose
 * connections all wait for slow answers is not down.
 *
 * A probe says by an identity envelope that it is the gateway's. Subgraphs of our service kit tell it more than others.
 */
export function createProbes(
  subgraphs: ReadonlyMap<string, URL>,
  { probes, optionalSubgraphs, signer }: ProbesOptions,
): Probes {
  const agent = new Agent()
  const told = new Map<string, ToldEvents>()
  const checks = [...subgraphs].map(([name, graphqlUrl]): HealthCheck => {
    const url = new URL(probes.path, graphqlUrl)
    return {
      name,
      optional: optionalSubgraphs.has(name),
      async check(signal) {
        const envelope = await signer?.sign(ANONYMOUS, name)
        const headers = envelope === undefined ? {} : { [IDENTITY_HEADER]: envelope }
        const response = await request(url, { signal, dispatcher: agent, headers })
        const events = await readEvents(response)
        const { statusCode } = response
        if (statusCode >= 500 && statusCode !== NOT_IMPLEMENTED) throw new Error(`answered ${statusCode}`)
        if (events) told.set(name, events)
        else told.delete(name)
      },
    }
  })
  return { checks, eventsOf: (name) => told.get(name), [Symbol.asyncDispose]: () => agent.destroy() }
}

async function readEvents({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<ToldEvents | undefined> {
  // One that is not ready may not know any more how far its events are.
  if (statusCode !== 200 || !String(headers['content-type']).startsWith('application/json')) {
    await body.dump()
    return undefined
  }
  // What it answered is well, whatever becomes of the details.
  const text = await readBoundedBody(body, LARGEST_ANSWER_BYTES).catch(() => undefined)
  return text === undefined ? undefined : parseToldEvents(text)
}

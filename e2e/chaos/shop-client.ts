import type { Random } from '@portico/database/demo/random'
import { IDENTITY_HEADER, type EnvelopeSigner } from '@portico/service-kit/identity-envelope'
import type { SignedInViewer } from '@portico/service-kit/viewer'
import { z } from 'zod'

/** Asks the subgraphs as the gateway does. */
export interface ShopClient {
  /**
   * The data of an answer of any replica.
   *
   * @throws {NoAnswerError} when there is none, or only errors: whatever was asked for may have been done or not.
   */
  ask<Data>(subgraph: 'orders' | 'products', viewer: SignedInViewer, operation: Operation): Promise<Data>
  /** How often there was no answer, by its reason. */
  failures(): Record<string, number>
}

export interface Operation {
  query: string
  variables: Record<string, unknown>
}

export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError'
}

/** How long a caller waits. Shorter than processes are stopped for, so that what they do later is nobody's any more. */
const PATIENCE_MS = 3000

export function createShopClient(options: {
  urls: Readonly<Record<'orders' | 'products', readonly string[]>>
  signer: EnvelopeSigner
  random: Random
}): ShopClient {
  const { urls, signer, random } = options
  const failures = new Map<string, number>()

  function fail(reason: string): never {
    failures.set(reason, (failures.get(reason) ?? 0) + 1)
    throw new NoAnswerError(reason)
  }

  return {
    async ask<Data>(subgraph: 'orders' | 'products', viewer: SignedInViewer, operation: Operation) {
      const identity = await signer.sign(viewer, subgraph)
      const reply = await post(`${random.pick(urls[subgraph])}/graphql`, operation, identity).catch((error: unknown) =>
        fail(error instanceof Error && error.name === 'TimeoutError' ? 'too late' : 'connection failed'),
      )
      const [error] = reply.errors
      if (error) fail(error.extensions.code)
      // What an answer holds is what its operation asks for.
      return reply.data as Data
    },
    failures: () => Object.fromEntries(failures),
  }
}

const replySchema = z.object({
  data: z.unknown(),
  errors: z.array(z.object({ extensions: z.object({ code: z.string() }) })).default([]),
})

async function post(url: string, operation: Operation, identity: string) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', [IDENTITY_HEADER]: identity },
    body: JSON.stringify(operation),
    signal: AbortSignal.timeout(PATIENCE_MS),
  })
  return replySchema.parse(await response.json())
}

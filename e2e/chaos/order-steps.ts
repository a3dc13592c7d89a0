import type { SignedInViewer } from '@portico/service-kit/viewer'
import type { Shop } from './customers.ts'
import { NoAnswerError } from './shop-client.ts'

interface OrderState {
  status: string
  version: number
}

interface StepAnswer {
  step: { __typename: string; version?: number; status?: string }
}

/** The order as the viewer sees it; undefined when there is no answer. */
export async function readOrder({ client }: Shop, viewer: SignedInViewer, id: string): Promise<OrderState | undefined> {
  try {
    const operation = { query: 'query ($id: ID!) { order(id: $id) { status version } }', variables: { id } }
    const { order } = await client.ask<{ order: OrderState | null }>('orders', viewer, operation)
    return order ?? undefined
  } catch (error) {
    if (error instanceof NoAnswerError) return undefined
    throw error
  }
}

/** Cancels an order if that is still possible; gives up after a few conflicts and lost answers. */
export async function cancel(shop: Shop, viewer: SignedInViewer, id: string): Promise<void> {
  const query = `mutation ($id: ID!, $version: Int!) {
    step: cancelOrder(id: $id, reason: "Changed my mind", expectedVersion: $version) { ${STEP} }
  }`
  await takeStep(shop, viewer, { id, query, from: ['PENDING', 'CONFIRMED'] })
}

export async function ship(shop: Shop, viewer: SignedInViewer, id: string): Promise<void> {
  const query = `mutation ($id: ID!, $version: Int!) {
    step: shipOrder(id: $id, trackingNumber: "T-1234", expectedVersion: $version) { ${STEP} }
  }`
  await takeStep(shop, viewer, { id, query, from: ['CONFIRMED'] })
}

export async function deliver(shop: Shop, viewer: SignedInViewer, id: string): Promise<void> {
  const query = `mutation ($id: ID!, $version: Int!) {
    step: deliverOrder(id: $id, expectedVersion: $version) { ${STEP} }
  }`
  await takeStep(shop, viewer, { id, query, from: ['SHIPPED'] })
}

const STEP = '__typename ... on Order { version status }'
const TRIES = 3
const EXPECTED = new Set(['ConflictError', 'InvalidTransitionError'])

async function takeStep(
  shop: Shop,
  viewer: SignedInViewer,
  { id, query, from }: { id: string; query: string; from: readonly string[] },
): Promise<void> {
  for (let tries = 0; tries < TRIES && !shop.closed.aborted; tries += 1) {
    const order = await readOrder(shop, viewer, id)
    if (!order) continue
    if (!from.includes(order.status)) return
    try {
      const operation = { query, variables: { id, version: order.version } }
      const { step } = await shop.client.ask<StepAnswer>('orders', viewer, operation)
      if (step.version !== undefined && step.status !== undefined) {
        shop.ledger.steps.push({ orderId: id, to: step.status, version: step.version })
        return
      }
      if (!EXPECTED.has(step.__typename)) shop.ledger.oddities.push(`order ${id}: a step answered ${step.__typename}`)
    } catch (error) {
      if (!(error instanceof NoAnswerError)) throw error
    }
  }
}

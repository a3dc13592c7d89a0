import { checkEventsVariables, eventsVariables, toEventsConfig, type EventsConfig } from '@portico/events/config'
import { evenWithMistakes, milliseconds, parseEnvironment, type Environment } from '@portico/service-kit/config'
import { shopVariables } from '@portico/service-kit/shop-currency'
import {
  checkSubgraphVariables,
  subgraphVariables,
  toSubgraphConfig,
  type SubgraphConfig,
} from '@portico/service-kit/subgraph-config'

export interface OrdersConfig {
  subgraph: SubgraphConfig
  events: EventsConfig
  /** ISO 4217 code of what new amounts are in; fixed at the first start. */
  shopCurrency: string
  /** How long stock may take to confirm an order, in milliseconds. */
  confirmWithinMs: number
}

/** Every variable of the orders subgraph. */
export const ordersVariables = subgraphVariables.extend({
  ...shopVariables,
  ...eventsVariables,
  ORDER_CONFIRM_WITHIN_MS: milliseconds()
    .default(900_000)
    .describe('How long stock may take to confirm an order; then it is rejected.'),
})

const config = ordersVariables
  .superRefine(checkSubgraphVariables, evenWithMistakes)
  .superRefine(checkEventsVariables, evenWithMistakes)
  .transform((env): OrdersConfig => ({
    subgraph: toSubgraphConfig(env),
    events: toEventsConfig(env),
    shopCurrency: env.SHOP_CURRENCY,
    confirmWithinMs: env.ORDER_CONFIRM_WITHIN_MS,
  }))

export function loadConfig(env: Environment): OrdersConfig {
  return parseEnvironment(config, env)
}

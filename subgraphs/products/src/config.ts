import { checkEventsVariables, eventsVariables, toEventsConfig, type EventsConfig } from '@portico/events/config'
import { evenWithMistakes, parseEnvironment, type Environment } from '@portico/service-kit/config'
import { shopVariables } from '@portico/service-kit/shop-currency'
import {
  checkSubgraphVariables,
  subgraphVariables,
  toSubgraphConfig,
  type SubgraphConfig,
} from '@portico/service-kit/subgraph-config'

export interface ProductsConfig {
  subgraph: SubgraphConfig
  events: EventsConfig
  /** ISO 4217 code of what prices are in; fixed at the first start. */
  shopCurrency: string
}

/** Every variable of the products subgraph. */
export const productsVariables = subgraphVariables.extend({ ...shopVariables, ...eventsVariables })

const config = productsVariables
  .superRefine(checkSubgraphVariables, evenWithMistakes)
  .superRefine(checkEventsVariables, evenWithMistakes)
  .transform((env): ProductsConfig => ({
    subgraph: toSubgraphConfig(env),
    events: toEventsConfig(env),
    shopCurrency: env.SHOP_CURRENCY,
  }))

export function loadConfig(env: Environment): ProductsConfig {
  return parseEnvironment(config, env)
}

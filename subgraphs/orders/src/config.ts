import { evenWithMistakes, parseEnvironment, type Environment } from '@portico/service-kit/config'
import { shopVariables } from '@portico/service-kit/shop-currency'
import {
  checkSubgraphVariables,
  subgraphVariables,
  toSubgraphConfig,
  type SubgraphConfig,
} from '@portico/service-kit/subgraph-config'

export interface OrdersConfig {
  subgraph: SubgraphConfig
  /** ISO 4217 code of what new amounts are in; fixed at the first start. */
  shopCurrency: string
}

/** Every variable of the orders subgraph. */
export const ordersVariables = subgraphVariables.extend(shopVariables)

const config = ordersVariables
  .superRefine(checkSubgraphVariables, evenWithMistakes)
  .transform((env): OrdersConfig => ({ subgraph: toSubgraphConfig(env), shopCurrency: env.SHOP_CURRENCY }))

export function loadConfig(env: Environment): OrdersConfig {
  return parseEnvironment(config, env)
}

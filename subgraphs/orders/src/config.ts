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

const variables = subgraphVariables
  .extend(shopVariables)
  .superRefine(checkSubgraphVariables, evenWithMistakes)
  .transform((env): OrdersConfig => ({ subgraph: toSubgraphConfig(env), shopCurrency: env.SHOP_CURRENCY }))

export function loadConfig(env: Environment): OrdersConfig {
  return parseEnvironment(variables, env)
}

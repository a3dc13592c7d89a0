import { evenWithMistakes, parseEnvironment, type Environment } from '@portico/service-kit/config'
import {
  checkSubgraphVariables,
  subgraphVariables,
  toSubgraphConfig,
  type SubgraphConfig,
} from '@portico/service-kit/subgraph-config'
import { z } from 'zod'

export interface OrdersConfig {
  subgraph: SubgraphConfig
  /** ISO 4217 code of what new amounts are in; fixed at the first start. */
  shopCurrency: string
}

const variables = subgraphVariables
  .extend({
    SHOP_CURRENCY: z.string().default('EUR').describe("The shop's currency, fixed at the first start."),
  })
  .superRefine(checkSubgraphVariables, evenWithMistakes)
  .transform((env): OrdersConfig => ({ subgraph: toSubgraphConfig(env), shopCurrency: env.SHOP_CURRENCY }))

export function loadConfig(env: Environment): OrdersConfig {
  return parseEnvironment(variables, env)
}

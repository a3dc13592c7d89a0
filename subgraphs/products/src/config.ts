import { evenWithMistakes, parseEnvironment, type Environment } from '@portico/service-kit/config'
import {
  checkSubgraphVariables,
  subgraphVariables,
  toSubgraphConfig,
  type SubgraphConfig,
} from '@portico/service-kit/subgraph-config'
import { z } from 'zod'

export interface ProductsConfig {
  subgraph: SubgraphConfig
  /** ISO 4217 code of what prices are in; fixed at the first start. */
  shopCurrency: string
}

const variables = subgraphVariables
  .extend({
    SHOP_CURRENCY: z.string().default('EUR').describe("The shop's currency, fixed at the first start."),
  })
  .superRefine(checkSubgraphVariables, evenWithMistakes)
  .transform((env): ProductsConfig => ({ subgraph: toSubgraphConfig(env), shopCurrency: env.SHOP_CURRENCY }))

export function loadConfig(env: Environment): ProductsConfig {
  return parseEnvironment(variables, env)
}

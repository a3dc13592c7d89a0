import { resolve } from 'node:path'
import {
  checkDatabaseVariables,
  databaseVariables,
  toDatabaseConfig,
  type DatabaseConfig,
} from '@portico/database/config'
import type { DatabaseName } from '@portico/database/databases'
import { DEMO_CURRENCY } from '@portico/database/demo/catalogue'
import { eventsVariables } from '@portico/events/config'
import {
  ConfigError,
  evenWithMistakes,
  flag,
  integer,
  logLevel,
  parseEnvironment,
  urlPath,
  type Environment,
} from '@portico/service-kit/config'
import { shopVariables } from '@portico/service-kit/shop-currency'
import { z } from 'zod'

export type ServiceName = 'gateway' | DatabaseName

/** The folder that holds package.json. */
export const ROOT = resolve(import.meta.dirname, '../../..')

export interface StartConfig {
  host: string
  /** The port of each service, and the variable that sets it. */
  ports: Record<ServiceName, { port: number; variable: string }>
  /** Where the gateway's status page and metrics are; those of the subgraphs are on free ports. */
  admin: StartAdmin
  /** Whether the gateway believes the access tokens of the users subgraph, and not those of another issuer. */
  ownTokens: boolean
  graphqlPath: string
  /** Undefined: there is no explorer. */
  explorerPath: string | undefined
  /** Whether Apollo Sandbox is at the GraphQL path. */
  sandbox: boolean
  healthPaths: { live: string; ready: string }
  logLevel: string
  /** Whether RabbitMQ carries the events between subgraphs; else they are pushed over HTTP. */
  broker: boolean
  /** Where the embedded database, keys and caches are kept. */
  dataFolder: string
  database: DatabaseConfig
  /** Whether demo data is loaded; never into databases of the operator's. */
  demoData: boolean
  /** ISO 4217. */
  shopCurrency: string
}

/** Where the gateway's admin server is. */
export interface StartAdmin {
  host: string
  hostVariable: string
  port: number | 'off'
  variable: string
  /** Nobody asked for this port by name: a free one will do when it is taken. */
  orAnyPort: boolean
}

const USUAL_ADMIN_PORT = 4100

/** Unlike the port of a service by itself never 0: the services are told each other's addresses before they listen. */
const port = () => integer({ min: 1, max: 65_535 })

/** Every variable of `npm start` itself; the services take theirs from the same environment. */
export const startVariables = databaseVariables.extend({
  ...shopVariables,
  AMQP_URL: eventsVariables.AMQP_URL,
  HOST: z.string().default('127.0.0.1').describe('Address that everything listens on.'),
  PORT: port().default(4000).describe('Port of the gateway.'),
  USERS_PORT: port().default(4001).describe('Port of the users subgraph.'),
  PRODUCTS_PORT: port().default(4002).describe('Port of the products subgraph.'),
  ORDERS_PORT: port().default(4003).describe('Port of the orders subgraph.'),
  ADMIN_HOST: z.string().default('127.0.0.1').describe('Address of the status page and of metrics.'),
  ADMIN_PORT: z
    .union([z.literal('off'), port()], 'must be off, or a whole number from 1 to 65535')
    .meta({ mustBe: 'off, or a whole number from 1 to 65535' })
    .optional()
    .describe(
      `Port of the gateway's status page and metrics, off serves none. Default: ${USUAL_ADMIN_PORT}, or a free one while that is taken.`,
    ),
  EXPLORER: flag().default(true).describe('Whether the gateway serves its offline explorer.'),
  SANDBOX: flag().default(true).describe("Whether Apollo Sandbox is at the gateway's GraphQL path for browsers."),
  OIDC_ISSUER: z
    .string()
    .optional()
    .describe("Issuer whose access tokens the gateway believes in place of the users subgraph's."),
  GRAPHQL_PATH: urlPath().default('/graphql').describe("Path of the gateway's GraphQL endpoint."),
  EXPLORER_PATH: urlPath().default('/graphiql').describe("Path of the gateway's offline explorer."),
  HEALTH_LIVE_PATH: urlPath().default('/health/live').describe('Path that answers while the gateway lives.'),
  HEALTH_READY_PATH: urlPath().default('/health/ready').describe('Path that answers 200 while the graph can serve.'),
  LOG_LEVEL: logLevel().default('info').describe('Least level that is printed.'),
  DEMO_DATA: flag().default(true).describe('Load demo data into an empty embedded database.'),
})

const config = startVariables.superRefine(checkDatabaseVariables, evenWithMistakes).transform((env): StartConfig => {
  const database = toDatabaseConfig(env)
  return {
    host: env.HOST,
    ports: {
      gateway: { port: env.PORT, variable: 'PORT' },
      users: { port: env.USERS_PORT, variable: 'USERS_PORT' },
      products: { port: env.PRODUCTS_PORT, variable: 'PRODUCTS_PORT' },
      orders: { port: env.ORDERS_PORT, variable: 'ORDERS_PORT' },
    },
    admin: {
      host: env.ADMIN_HOST,
      hostVariable: 'ADMIN_HOST',
      port: env.ADMIN_PORT ?? USUAL_ADMIN_PORT,
      variable: 'ADMIN_PORT',
      orAnyPort: env.ADMIN_PORT === undefined,
    },
    ownTokens: env.OIDC_ISSUER === undefined,
    graphqlPath: env.GRAPHQL_PATH,
    explorerPath: env.EXPLORER ? env.EXPLORER_PATH : undefined,
    sandbox: env.SANDBOX,
    healthPaths: { live: env.HEALTH_LIVE_PATH, ready: env.HEALTH_READY_PATH },
    logLevel: env.LOG_LEVEL,
    broker: env.AMQP_URL !== undefined,
    dataFolder: env.PORTICO_DATA_DIR,
    database,
    demoData: database.kind === 'embedded' && env.DEMO_DATA,
    shopCurrency: env.SHOP_CURRENCY,
  }
})

export function loadConfig(env: Environment): StartConfig {
  return parseEnvironment(config, env)
}

/** Demo data is loaded before the subgraphs fix the currency, which could then never be the one that was asked for. */
export function requireDemoCurrency({ demoData, shopCurrency }: StartConfig): void {
  if (!demoData || shopCurrency === DEMO_CURRENCY) return
  throw new ConfigError([
    `SHOP_CURRENCY: is ${shopCurrency}, but the demo data is in ${DEMO_CURRENCY}: set DEMO_DATA=false, or leave SHOP_CURRENCY unset`,
  ])
}

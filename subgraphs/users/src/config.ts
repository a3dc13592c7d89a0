import { evenWithMistakes, integer, parseEnvironment, type Environment } from '@portico/service-kit/config'
import {
  checkSubgraphVariables,
  subgraphVariables,
  toSubgraphConfig,
  type SubgraphConfig,
} from '@portico/service-kit/subgraph-config'
import { z } from 'zod'

export interface TokenConfig {
  /** `iss` and `aud` of access tokens. */
  issuer: string
  audience: string
  accessLifetimeS: number
  refreshLifetimeS: number
  /** Folder of the private keys that sign access tokens; re-read when it changes. */
  signingKeysFolder: string
}

export interface UsersConfig {
  subgraph: SubgraphConfig
  tokens: TokenConfig
}

/** `ACCESS_TOKEN_LIFETIME_S`, which the rotation of keys has to know as well. */
export const accessTokenLifetime = integer({ min: 60, max: 86_400, unit: 'seconds' })
  .default(900)
  .describe('How long an access token is good for.')

/** Every variable of the users subgraph. */
export const usersVariables = subgraphVariables.extend({
  SIGNING_KEYS_FOLDER: z.string().describe('Folder of the private keys that sign access tokens.'),
  TOKEN_ISSUER: z.string().default('https://portico.local/users').describe('`iss` of access tokens.'),
  TOKEN_AUDIENCE: z.string().default('portico').describe('`aud` of access tokens.'),
  ACCESS_TOKEN_LIFETIME_S: accessTokenLifetime,
  REFRESH_TOKEN_LIFETIME_S: integer({ min: 3600, max: 31_536_000, unit: 'seconds' })
    .default(2_592_000)
    .describe('How long a session lasts without being used.'),
})

const config = usersVariables.superRefine(checkSubgraphVariables, evenWithMistakes).transform((env): UsersConfig => ({
  subgraph: toSubgraphConfig(env),
  tokens: {
    issuer: env.TOKEN_ISSUER,
    audience: env.TOKEN_AUDIENCE,
    accessLifetimeS: env.ACCESS_TOKEN_LIFETIME_S,
    refreshLifetimeS: env.REFRESH_TOKEN_LIFETIME_S,
    signingKeysFolder: env.SIGNING_KEYS_FOLDER,
  },
}))

export function loadConfig(env: Environment): UsersConfig {
  return parseEnvironment(config, env)
}

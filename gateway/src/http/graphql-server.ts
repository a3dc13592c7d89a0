import { ApolloServer, type ApolloServerPlugin } from '@apollo/server'
import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled'
import type { GatewayInterface } from '@apollo/server-gateway-interface'
import type { Logger } from '@portico/service-kit/logger'
import { enforceLimits } from '../admission/limits/limits.ts'
import type { GatewayConfig } from '../config.ts'
import type { GatewayContext } from '../context.ts'
import { writeAnswer } from './answer-text.ts'
import { shapeError } from './error-shape.ts'
import { dropMalformedHashes } from './persisted-queries.ts'
import { prepareAndRespond, type PreparationOptions } from './prepare.ts'
import { createRequestCaches } from './request-caches.ts'
import { landingPage } from './sandbox.ts'

export interface GraphqlServerOptions extends PreparationOptions {
  /** Where the schema comes from. */
  gateway: GatewayInterface
  log: Logger
  /** Asked in this order, after the limits. */
  plugins: ApolloServerPlugin<GatewayContext>[]
}

/** Creates Apollo Server, which prepares operations: what it has parsed and validated is answered by `respond`. */
export function createGraphqlServer(
  { exposure, limits }: GatewayConfig,
  { gateway, log, plugins, respond, prepared }: GraphqlServerOptions,
): ApolloServer<GatewayContext> {
  const { plugin: refuseLargeDocuments, validationRule } = enforceLimits(limits.document)
  return new ApolloServer<GatewayContext>({
    ...createRequestCaches(),
    gateway,
    introspection: exposure.introspection,
    csrfPrevention: exposure.csrfPrevention,
    includeStacktraceInErrorResponses: false,
    hideSchemaDetailsFromClientErrors: !exposure.errorDetails,
    formatError: (formatted, error) => shapeError(formatted, { error, details: exposure.errorDetails }),
    parseOptions: { maxLexicalTokens: limits.tokens },
    validationRules: [validationRule],
    stringifyResult: writeAnswer,
    logger: log,
    // Everything that this would decide is decided by a switch.
    nodeEnv: 'production',
    stopOnTerminationSignals: false,
    plugins: [
      dropMalformedHashes(),
      refuseLargeDocuments,
      ...plugins,
      landingPage(exposure.sandbox),
      prepareAndRespond({ respond, prepared }),
      // Of what a gateway answers Apollo Server knows nothing that says how long it is fresh.
      ApolloServerPluginCacheControlDisabled(),
    ],
  })
}

import type { ApolloServerPlugin } from '@apollo/server'
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled'
import { ApolloServerPluginLandingPageLocalDefault } from '@apollo/server/plugin/landingPage/default'
import type { GatewayContext } from '../context.ts'

/** Apollo's page at the path of GraphQL, with Sandbox in it; it asks the gateway from the gateway's own origin. */
export function landingPage(sandbox: boolean): ApolloServerPlugin<GatewayContext> {
  return sandbox
    ? ApolloServerPluginLandingPageLocalDefault({ footer: false, embed: { runTelemetry: false } })
    : ApolloServerPluginLandingPageDisabled()
}

const ASSETS = 'https://apollo-server-landing-page.cdn.apollographql.com'
const EMBED = 'https://embeddable-sandbox.cdn.apollographql.com'

/** What Apollo's page needs, and nothing else; its inline scripts run by the nonce that it was rendered with. */
export function landingPagePolicy(html: string): string {
  const [, nonce = ''] = /<script nonce="([0-9a-f]+)"/.exec(html) ?? []
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}' ${EMBED}`,
    `style-src 'nonce-${nonce}' ${EMBED} https://fonts.googleapis.com`,
    'font-src https://fonts.gstatic.com',
    `img-src ${ASSETS}`,
    `manifest-src ${ASSETS}`,
    "connect-src 'self'",
    'frame-src https://sandbox.embed.apollographql.com',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

import { DEMO_LOGINS, DEMO_PASSWORD } from '@portico/database/demo-logins'
import type { StartConfig } from './config.ts'
import { urlHost } from './services.ts'

/** What a newcomer needs to know once the graph serves. */
export function describeGraph(config: StartConfig, seconds: number): string {
  const { admin, explorerPath, ports, sandbox } = config
  const { port } = ports.gateway
  const base = `http://${urlHost(config.host)}:${port}`
  const endpoint = `${base}${config.graphqlPath}`
  const lines = [
    `Portico is ready (${seconds.toFixed(1)} s).`,
    '',
    `  GraphQL     ${endpoint}`,
    ...(explorerPath === undefined
      ? []
      : [`  Explorer    ${base}${explorerPath}   (open it in a browser: GraphiQL with documents and sign-in)`]),
    ...(sandbox ? [`  Sandbox     ${endpoint}   (Apollo Sandbox, which needs the internet)`] : []),
    ...(admin.port === 'off'
      ? []
      : [`  Status      http://${urlHost(admin.host)}:${admin.port}/status   (metrics at /metrics)`]),
    `  Health      ${base}${config.healthPaths.ready}   ${base}${config.healthPaths.live}`,
    ...(config.demoData
      ? ['', `  Sign in with any of these, password "${DEMO_PASSWORD}":`, ...DEMO_LOGINS.map(loginLine)]
      : []),
    '',
    '  Try it:',
    `  curl -s ${endpoint} -H 'content-type: application/json' -d '{"query":"{ products(first: 3) { nodes { title priceRange { min { amount currencyCode } } } } }"}'`,
    '',
    '  Ctrl-C stops everything and keeps the data; npm run reset starts over.',
  ]
  return `\n${lines.join('\n')}\n`
}

function loginLine({ email, role, plan }: (typeof DEMO_LOGINS)[number]): string {
  return `    ${email.padEnd(28)} ${role.padEnd(16)} ${plan}`
}

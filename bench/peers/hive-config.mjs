// Hive Gateway shares nothing across requests here, and does not watch its file.
export const gatewayConfig = {
  supergraph: process.env['SUPERGRAPH'],
  pollingInterval: 0,
  healthCheckEndpoint: '/health',
  inboundInflightRequestDeduplication: false,
  transportEntries: { '*.http': { options: { deduplicateInflightRequests: false } } },
  graphiql: false,
  landingPage: false,
  logging: 'error',
}

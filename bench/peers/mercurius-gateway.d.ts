// As much of it as is used; so types can be checked where bench/ has not been installed.
declare module '@mercuriusjs/gateway' {
  import type { FastifyPluginAsync } from 'fastify'
  const mercuriusGateway: FastifyPluginAsync<{ gateway: { services: unknown }; jit: number }>
  export = mercuriusGateway
}

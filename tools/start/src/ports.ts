import { createServer } from 'node:net'
import { ConfigError } from '@portico/service-kit/config'
import type { StartConfig } from './config.ts'

/**
 * Makes sure that every port is free before anything is started.
 *
 * @throws ConfigError that names each taken port and the variable that changes it.
 */
export async function requireFreePorts({ host, ports }: Pick<StartConfig, 'host' | 'ports'>): Promise<void> {
  const problems = await Promise.all(
    Object.entries(ports).map(async ([service, { port, variable }]) => {
      const reason = await whyNotFree(host, port)
      return reason && `${variable}: port ${port} of the ${service} ${reason}; set ${variable} to another one`
    }),
  )
  const found = problems.filter((problem) => problem !== undefined)
  if (found.length > 0) throw new ConfigError(found)
}

function whyNotFree(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) =>
      resolve(
        error.code === 'EADDRINUSE'
          ? `is taken on ${host}`
          : `can not be opened on ${host} (${error.code ?? error.message})`,
      ),
    )
    server.listen(port, host, () => server.close(() => resolve(undefined)))
  })
}

import { createServer } from 'node:net'
import { ConfigError } from '@portico/service-kit/config'
import type { StartConfig } from './config.ts'

const FAULTS_OF_HOST = new Set(['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN', 'EINVAL', 'EAFNOSUPPORT'])

/**
 * Makes sure that every port is free before anything is started.
 *
 * @throws ConfigError that names each taken port, or an unusable host, and the variable that changes it.
 */
export async function requireFreePorts({
  host,
  ports,
}: {
  host: string
  ports: Partial<StartConfig['ports']>
}): Promise<void> {
  const problems = await Promise.all(
    Object.entries(ports).map(async ([service, { port, variable }]) => {
      const code = await whyNotFree(host, port)
      if (code === undefined) return undefined
      if (FAULTS_OF_HOST.has(code))
        return `HOST: ${host} is no address of this machine (${code}); set HOST to another one`
      const reason = code === 'EADDRINUSE' ? `is taken on ${host}` : `can not be opened on ${host} (${code})`
      return `${variable}: port ${port} of the ${service} ${reason}; set ${variable} to another one`
    }),
  )
  // An unusable host is the same problem with every port.
  const found = new Set(problems.filter((problem) => problem !== undefined))
  if (found.size > 0) throw new ConfigError([...found])
}

/** The code of the error with which listening fails; undefined when it does not. */
function whyNotFree(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen(port, host, () => server.close(() => resolve(undefined)))
  })
}

import { createServer } from 'node:net'
import { ConfigError } from '@portico/service-kit/config'

const FAULTS_OF_HOST = new Set(['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN', 'EINVAL', 'EAFNOSUPPORT'])

interface WantedPort {
  port: number
  /** The variable that sets it. */
  variable: string
  /** Where it is to be opened, when that is not where the others are. */
  host?: string
  hostVariable?: string
}

/**
 * Makes sure that every port is free before anything is started.
 *
 * @throws ConfigError that names each taken port, or an unusable host, and the variable that changes it.
 */
export async function requireFreePorts({
  host: usualHost,
  ports,
}: {
  host: string
  /** By who wants them. */
  ports: Readonly<Record<string, WantedPort>>
}): Promise<void> {
  const problems = await Promise.all(
    Object.entries(ports).map(async ([service, { port, variable, host = usualHost, hostVariable = 'HOST' }]) => {
      const code = await whyNotFree(host, port)
      if (code === undefined) return undefined
      if (FAULTS_OF_HOST.has(code))
        return `${hostVariable}: ${host} is no address of this machine (${code}); set ${hostVariable} to another one`
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

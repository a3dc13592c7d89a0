import { createServer, type AddressInfo } from 'node:net'
import { ConfigError } from '@portico/service-kit/config'
import type { Logger } from '@portico/service-kit/logger'
import type { StartAdmin, StartConfig } from './config.ts'

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
 * @throws ConfigError that names each taken port, two that are the same, or an unusable host, and the variable that
 * changes it.
 */
export async function requireFreePorts({
  host: usualHost,
  ports,
}: {
  host: string
  /** By who wants them. */
  ports: Readonly<Record<string, WantedPort>>
}): Promise<void> {
  const twins = Object.values(ports).flatMap(({ port, variable }, index, all) => {
    const first = all.slice(0, index).find((other) => other.port === port)
    return first ? [`${variable}: is ${port}, as ${first.variable} is; set one of them to another`] : []
  })
  if (twins.length > 0) throw new ConfigError(twins)
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

/**
 * The admin port that is used: the usual one gives way to a service that was given it, and to another program. Which it
 * is has to be known before the gateway starts, since the newcomer is told.
 */
export async function settleAdminPort({ admin, ports }: StartConfig, log: Logger): Promise<StartAdmin> {
  const { host, port: usualPort, orAnyPort } = admin
  if (usualPort === 'off' || !orAnyPort) return admin
  const isOurs = Object.values(ports).some(({ port }) => port === usualPort)
  if (!isOurs && (await whyNotFree(host, usualPort)) !== 'EADDRINUSE') return admin
  const port = await findFreePort(host)
  log.info(`port ${usualPort} is taken: the status page is on ${port}; set ADMIN_PORT to choose one`)
  return { ...admin, port }
}

function findFreePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, host, () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}

/** The code of the error with which listening fails; undefined when it does not. */
function whyNotFree(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen(port, host, () => server.close(() => resolve(undefined)))
  })
}

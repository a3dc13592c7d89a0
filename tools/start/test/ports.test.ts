import { createServer } from 'node:net'
import { describe, expect, it } from '@jest/globals'
import { ConfigError } from '@portico/service-kit/config'
import { createLogger } from '@portico/service-kit/logger'
import { describeGraph } from '../src/banner.ts'
import { loadConfig } from '../src/config.ts'
import { requireFreePorts, settleAdminPort } from '../src/ports.ts'

describe('the ports of a start', () => {
  it('are not blamed, nor one by one, for a host that is no address of this machine', async () => {
    const ports = { gateway: { port: 4000, variable: 'PORT' }, users: { port: 4001, variable: 'USERS_PORT' } }
    await expect(requireFreePorts({ host: '192.0.2.1', ports })).rejects.toEqual(
      new ConfigError(['HOST: 192.0.2.1 is no address of this machine (EADDRNOTAVAIL); set HOST to another one']),
    )
  })

  it('may be on another host than the others, whose variable is named then', async () => {
    const ports = {
      'status page': { port: 4100, variable: 'ADMIN_PORT', host: '192.0.2.1', hostVariable: 'ADMIN_HOST' },
    }
    await expect(requireFreePorts({ host: '127.0.0.1', ports })).rejects.toEqual(
      new ConfigError([
        'ADMIN_HOST: 192.0.2.1 is no address of this machine (EADDRNOTAVAIL); set ADMIN_HOST to another one',
      ]),
    )
  })

  it('are not the same', async () => {
    const ports = { gateway: { port: 4000, variable: 'PORT' }, users: { port: 4000, variable: 'USERS_PORT' } }
    await expect(requireFreePorts({ host: '127.0.0.1', ports })).rejects.toEqual(
      new ConfigError(['USERS_PORT: is 4000, as PORT is; set one of them to another']),
    )
  })
})

describe('the port of the status page', () => {
  function settle(env: Record<string, string>) {
    const lines: string[] = []
    const log = createLogger({ service: 'portico', level: 'info' }, { write: (line) => lines.push(line) })
    return settleAdminPort(loadConfig(env), log).then(({ port }) => ({ port, lines: lines.join('') }))
  }

  it('gives way when it is the usual one, where a start was refused once', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.once('error', () => resolve()).listen(4100, '127.0.0.1', resolve))
    try {
      const { port, lines } = await settle({})
      expect(port).not.toBe(4100)
      expect(lines).toContain(`port 4100 is taken: the status page is on ${port}`)
      expect(await settle({ ADMIN_PORT: '4100' })).toEqual({ port: 4100, lines: '' })
      expect(await settle({ ADMIN_PORT: 'off' })).toEqual({ port: 'off', lines: '' })
    } finally {
      await new Promise((resolve) => other.close(resolve))
    }
    expect((await settle({ USERS_PORT: '4100' })).port).not.toBe(4100)
  })
})

describe('what a newcomer is told', () => {
  it('holds no dead links', () => {
    const all = describeGraph(loadConfig({}), 1)
    expect(all).toMatch(/Explorer .*Sandbox .*Status /s)
    const none = describeGraph(loadConfig({ EXPLORER: 'false', SANDBOX: 'false', ADMIN_PORT: 'off' }), 1)
    expect(none).not.toMatch(/Explorer|Sandbox|Status/)
  })
})

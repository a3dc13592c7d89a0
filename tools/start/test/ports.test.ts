import { describe, expect, it } from '@jest/globals'
import { ConfigError } from '@portico/service-kit/config'
import { requireFreePorts } from '../src/ports.ts'

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
})

import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { describe, expect, it } from '@jest/globals'
import { createTestDatabase } from '@portico/testkit/test-database'
import { PrismaClient } from '@portico/users/generated/prisma/client'
import { openDatabase } from '../src/database.ts'
import { createLogger } from '../src/logger.ts'

interface Proxy extends AsyncDisposable {
  port: number
  /** The connections that are open now never say anything again; new ones work. */
  silence(): void
}

/** A way to a database that can die without a word, as one does when a firewall or a failover forgets it. */
async function startProxy(target: URL): Promise<Proxy> {
  const open = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname)
    for (const socket of [client, upstream]) open.add(socket.on('error', () => undefined))
    client.pipe(upstream).pipe(client)
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    silence() {
      for (const socket of open) socket.unpipe().pause()
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

describe('a database behind connections that died without a word', () => {
  it('is reached over new ones as soon as the dead ones have been given up', async () => {
    await using database = await createTestDatabase('users')
    const url = new URL(database.url)
    await using proxy = await startProxy(new URL(database.url))
    url.port = String(proxy.port)
    await using users = openDatabase(
      (options) => new PrismaClient(options),
      { url: url.href, poolMax: 2, connectWithinMs: 5000, statementTimeoutMs: 200, lockTimeoutMs: 200 },
      { service: 'test', log: createLogger({ service: 'test', level: 'silent' }) },
    )
    const ask = () => users.client.$queryRaw`SELECT 1`.then(() => 'answered')
    expect(await Promise.all([ask(), ask()])).toEqual(['answered', 'answered'])

    proxy.silence()
    const lost = await Promise.allSettled([ask(), ask()])
    expect(lost.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(await ask()).toBe('answered')
  }, 20_000)
})

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { rm, utimes } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, jest } from '@jest/globals'
import { type Checkout, createCheckout, nodePackage } from './checkout.ts'

// Each installs several times, on a machine that may be busy with other tests.
jest.setTimeout(60_000)

const library = { files: { 'index.js': 'export {}' } }

/** Runs the bootstrap on a registry that never answers, and acts as soon as npm asks it for something. */
async function bootstrapUntilDownload(checkout: Checkout, act: (bootstrap: ChildProcess) => Promise<void>) {
  const registry = createServer().listen(0, '127.0.0.1')
  await once(registry, 'listening')
  const { port } = registry.address() as AddressInfo
  try {
    return await checkout.bootstrap({
      env: { npm_config_registry: `http://127.0.0.1:${port}` },
      onStart: (bootstrap) => registry.once('request', () => void act(bootstrap)),
    })
  } finally {
    registry.closeAllConnections()
    registry.close()
  }
}

describe('a checkout in which nothing is installed', () => {
  it('is installed from its lock file, with a line about it, and then left alone in silence', async () => {
    await using checkout = await createCheckout({ library, 'node-here': nodePackage })

    const first = await checkout.bootstrap()

    expect(first.output).toMatch(/^Installing packages: nothing is installed yet/)
    expect(first.exitCode).toBe(0)
    expect(existsSync(join(checkout.root, 'node_modules/library/index.js'))).toBe(true)
    expect(existsSync(join(checkout.root, 'node_modules/.bin/node'))).toBe(true)
    expect(await checkout.bootstrap()).toEqual({ exitCode: 0, output: '' })
  })

  it('is installed once when two commands start at once', async () => {
    await using checkout = await createCheckout({ library })

    const both = await Promise.all([checkout.bootstrap(), checkout.bootstrap()])

    expect(both.map(({ exitCode }) => exitCode)).toEqual([0, 0])
    const output = both.map((run) => run.output).join('')
    expect(output.match(/Installing packages/g)).toHaveLength(1)
    expect(existsSync(join(checkout.root, '.portico/bootstrap.lock'))).toBe(false)
  })

  it('says that the registry cannot be reached, and what to do', async () => {
    await using checkout = await createCheckout({ library })
    await checkout.want('portico-absent')

    const { exitCode, output } = await checkout.bootstrap({
      env: { npm_config_registry: 'http://127.0.0.1:1', npm_config_fetch_retries: '0' },
    })

    expect(exitCode).toBe(1)
    expect(output).toContain('The package registry cannot be reached. Packages are downloaded only once')
    expect(output).toContain('ECONNREFUSED')
    expect(existsSync(join(checkout.root, '.portico/bootstrap.lock'))).toBe(false)
  })

  it('runs on the Node of the machine where the pinned one cannot run, and no longer finds that one first', async () => {
    const broken = { ...nodePackage, files: { 'bin/node': '#!/bin/sh\nexit 127\n' } }
    await using checkout = await createCheckout({ 'node-here': broken })

    const { exitCode } = await checkout.bootstrap()

    expect(exitCode).toBe(0)
    expect(existsSync(join(checkout.root, 'node_modules/.bin/node'))).toBe(false)
    expect(await checkout.bootstrap()).toEqual({ exitCode: 0, output: '' })
  })
})

describe('an installed checkout', () => {
  it('is installed anew after an installation of another lock file was killed', async () => {
    await using checkout = await createCheckout({ library })
    await checkout.bootstrap()
    const lockFile = await checkout.read('package-lock.json')
    const manifest = await checkout.read('package.json')
    await checkout.want('portico-absent')

    const killed = await bootstrapUntilDownload(checkout, async (bootstrap) => {
      bootstrap.kill('SIGKILL')
      const [, npm] = (await checkout.read('.portico/bootstrap.lock')).split(' ')
      process.kill(-Number(npm), 'SIGKILL')
    })
    expect(killed.output).toContain('Installing packages: package-lock.json has changed')
    expect(killed.exitCode).toBeNull()

    await checkout.write('package-lock.json', lockFile)
    await checkout.write('package.json', manifest)
    const next = await checkout.bootstrap()
    expect(next.output).toContain('Installing packages: the last installation did not finish')
    expect(next.exitCode).toBe(0)
    expect(existsSync(join(checkout.root, 'node_modules/library/index.js'))).toBe(true)
    expect(await checkout.bootstrap()).toEqual({ exitCode: 0, output: '' })
  })

  it('stops at once, npm included, when it is interrupted', async () => {
    await using checkout = await createCheckout({ library })
    await checkout.want('portico-absent')
    let npm = 0

    const { exitCode, output } = await bootstrapUntilDownload(checkout, async (bootstrap) => {
      npm = Number((await checkout.read('.portico/bootstrap.lock')).split(' ')[1])
      bootstrap.kill('SIGINT')
    })

    expect(output).toContain('Interrupted')
    expect(exitCode).toBe(130)
    expect(() => process.kill(npm, 0)).toThrow('ESRCH')
    expect(existsSync(join(checkout.root, '.portico/bootstrap.lock'))).toBe(false)
  })

  it('is left alone when somebody has installed the packages of the lock file by hand', async () => {
    await using checkout = await createCheckout({ library })
    await checkout.bootstrap()
    await checkout.write('package-lock.json', `${await checkout.read('package-lock.json')}\n`)

    expect(await checkout.bootstrap()).toEqual({ exitCode: 0, output: '' })

    await rm(join(checkout.root, 'node_modules/.portico.json'))
    expect(await checkout.bootstrap()).toEqual({ exitCode: 0, output: '' })
  })
})

describe('the lock', () => {
  it('of a command that was killed before it had written its process id is taken over', async () => {
    await using checkout = await createCheckout({ library })
    await checkout.write('.portico/bootstrap.lock', '')
    const earlier = new Date(Date.now() - 10_000)
    await utimes(join(checkout.root, '.portico/bootstrap.lock'), earlier, earlier)

    const { exitCode, output } = await checkout.bootstrap()

    expect(output).toMatch(/^Installing packages/)
    expect(exitCode).toBe(0)
  })

  it('is waited for while what a killed command has started still runs, and then taken over', async () => {
    await using checkout = await createCheckout({ library })
    using orphan = spawn(process.execPath, ['--eval', 'setInterval(() => {}, 1000)'])
    const command = spawn(process.execPath, ['--eval', ''])
    await once(command, 'exit')
    await checkout.write('.portico/bootstrap.lock', `${command.pid} ${orphan.pid}`)

    const { exitCode, output } = await checkout.bootstrap({
      onOutput: (text) => text.includes('Waiting for another command') && orphan.kill(),
    })

    expect(output).toMatch(/Waiting for another command.*\n.*Installing packages/s)
    expect(exitCode).toBe(0)
  })
})

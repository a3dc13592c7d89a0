import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtempDisposable, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from '@jest/globals'
import { loadComposeFile, loadImage, ROOT } from './compose-file.ts'

describe('deploy/Dockerfile', () => {
  it('is what docker-compose.yml builds, for each package with a program to deploy', async () => {
    const { file } = await loadComposeFile()
    const builds = Object.values(file.services).flatMap(({ build }) => build ?? [])
    expect(new Set(builds.map(({ context, dockerfile }) => join(context, dockerfile)))).toEqual(
      new Set(['deploy/Dockerfile']),
    )
    const built = [...new Set(builds.map(({ args }) => args['SERVICE'] ?? ''))]
    expect(built.toSorted()).toEqual(['gateway', 'migrate', 'orders', 'products', 'users'])
    const lacksProgram = (service: string) => !existsSync(join(ROOT, 'node_modules/@portico', service, 'src/main.ts'))
    expect(built.filter(lacksProgram)).toEqual([])
  })

  it('makes an image that is no root, gets its signals itself, and tells whether it lives', async () => {
    const image = await loadImage()
    expect(image).toMatchObject({ user: '1000:1000', stopSignal: 'SIGTERM' })
    expect(image.healthcheck).toMatch(/ CMD \["node", "\/portico\/healthcheck.mjs"\]$/)
    expect(image.environment).toMatchObject({ NODE_ENV: 'production', HOST: '0.0.0.0' })
  })

  it('becomes Node, with the flags that the service has', async () => {
    const { command = '' } = await loadImage()
    const [file = '', ...args] = JSON.parse(command) as string[]
    await using folder = await mkdtempDisposable(join(tmpdir(), 'portico-image-'))
    await mkdir(join(folder.path, 'dist'))
    await writeFile(
      join(folder.path, 'dist/main.js'),
      'console.log(JSON.stringify([process.pid, ...process.execArgv]))',
    )
    const options = { cwd: folder.path, env: { PATH: `${dirname(process.execPath)}:${process.env['PATH']}` } }
    async function start(): Promise<unknown[]> {
      const running = promisify(execFile)(file, args, options)
      const [pid, ...flags] = JSON.parse((await running).stdout) as unknown[]
      expect(pid).toBe(running.child.pid)
      return flags
    }
    expect(await start()).toEqual([])
    await cp(join(ROOT, 'gateway/bin'), join(folder.path, 'bin'), { recursive: true })
    expect(await start()).toEqual(['--min-semi-space-size=32', '--max-semi-space-size=64'])
  })

  it('stands on the Node that the project is developed on', async () => {
    const { nodeVersion } = await loadImage()
    expect(`${nodeVersion}\n`).toBe(await readFile(join(ROOT, '.node-version'), 'utf8'))
  })
})

describe('deploy/healthcheck.mjs', () => {
  function check(port: number, ...args: string[]): Promise<unknown> {
    const env = { ...process.env, PORT: String(port), HEALTH_LIVE_PATH: '/alive' }
    return new Promise((resolve) => {
      execFile(process.execPath, [join(ROOT, 'deploy/healthcheck.mjs'), ...args], { env }, (error) =>
        resolve(error?.code ?? 0),
      )
    })
  }

  it('succeeds when the service lives, and asked for it, only when it can serve', async () => {
    const server = createServer((request, response) => {
      response.statusCode = request.url === '/alive' ? 200 : 503
      response.end()
    })
    await using stack = new AsyncDisposableStack()
    stack.use(server.listen(0, '127.0.0.1'))
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    expect(await check(port)).toBe(0)
    expect(await check(port, 'ready')).toBe(1)
    await stack.disposeAsync()
    expect(await check(port)).toBe(1)
  })
})

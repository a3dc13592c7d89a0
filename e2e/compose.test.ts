import { existsSync } from 'node:fs'
import { mkdtempDisposable, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, posix } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { databaseNames, type DatabaseName } from '@portico/database/databases'
import { makeSecrets } from '@portico/deploy-secrets/secrets'
import { isPasswordOf, type RabbitMqDefinitions } from '@portico/events/rabbitmq-definitions'
import { loadConfig as loadGatewayConfig } from '@portico/gateway/config'
import { loadSupergraph } from '@portico/gateway/supergraph/load'
import { loadConfig as loadMigrateConfig } from '@portico/migrate/config'
import { loadConfig as loadOrdersConfig } from '@portico/orders/config'
import { loadConfig as loadProductsConfig } from '@portico/products/config'
import type { Environment } from '@portico/service-kit/config'
import { loadConfig as loadUsersConfig } from '@portico/users/config'
import { parse } from 'yaml'
import { z } from 'zod'
import { createComposeValidator, loadComposeFile, loadImage, ROOT, type Container } from './compose-file.ts'

const { raw, file } = await loadComposeFile()
const image = await loadImage()
const services = Object.entries(file.services)
const own = services.filter(([, { build }]) => build !== undefined)
const databases = services.filter(([name]) => name.endsWith('-database'))
const migrations = own.filter(([, { build }]) => build?.args['SERVICE'] === 'migrate')
const lasting = services.filter(([name]) => !migrations.some(([migration]) => migration === name))

const loaders: Record<string, (env: Environment) => object> = {
  gateway: loadGatewayConfig,
  users: loadUsersConfig,
  products: loadProductsConfig,
  orders: loadOrdersConfig,
  migrate: loadMigrateConfig,
}

/** What a gateway takes at most when its last request has ended. */
const CLOSE_WITHIN_MS = 5000

/** The names of those of which something does not hold. */
const failing = (of: [string, Container][], holds: (container: Container, name: string) => boolean) =>
  of.filter(([name, container]) => !holds(container, name)).map(([name]) => name)

/** The subgraphs that tell each other what happens. */
const WITH_EVENTS: readonly DatabaseName[] = ['orders', 'products']

describe('docker-compose.yml', () => {
  it('is valid by the schema of the compose specification', () => {
    const validate = createComposeValidator()
    validate(raw)
    expect(validate.errors ?? []).toEqual([])
  })

  it('holds a gateway with a Redis, a RabbitMQ, and for each subgraph a service, a migration and a PostgreSQL 17', () => {
    const parts = databaseNames.flatMap((name) => [name, `${name}-migration`, `${name}-database`])
    expect(services.map(([name]) => name).toSorted()).toEqual(['gateway', 'redis', 'rabbitmq', ...parts].toSorted())
    expect(failing(databases, (container) => /^postgres:17\.\d+-bookworm$/.test(container.image))).toEqual([])
    expect(databases.map(([name]) => name)).toEqual(databaseNames.map((name) => `${name}-database`))
  })

  it('runs no container as root', () => {
    expect(failing(services, ({ user }) => /^[1-9]\d*:[1-9]\d*$/.test(user ?? ''))).toEqual([])
  })

  it('gives no container a root file system that it can write to, a capability, or a way to gain one', () => {
    expect(failing(services, ({ read_only: readOnly }) => readOnly === true)).toEqual([])
    expect(failing(services, ({ cap_drop: dropped }) => isDeepStrictEqual(dropped, ['ALL']))).toEqual([])
    expect(
      failing(services, ({ security_opt: options }) => isDeepStrictEqual(options, ['no-new-privileges:true'])),
    ).toEqual([])
    const dangerous = ['privileged', 'cap_add', 'devices', 'network_mode', 'pid', 'ipc', 'userns_mode', 'volumes_from']
    expect(failing(services, (container) => dangerous.every((key) => container[key] === undefined))).toEqual([])
  })

  it('mounts nothing of this machine but read-only folders of deploy/secrets', () => {
    const mounts = services.flatMap(([, { volumes = [] }]) => volumes)
    const named = mounts.filter((mount) => typeof mount === 'string').map((mount) => mount.split(':')[0] ?? '')
    expect(named.toSorted()).toEqual(Object.keys(file.volumes).toSorted())
    const bound = mounts.filter((mount) => typeof mount !== 'string')
    expect(bound.filter((mount) => !mount.source.startsWith('./deploy/secrets/') || !mount.read_only)).toEqual([])
  })

  it('limits memory, processors and processes of every container', () => {
    const limited = ({ deploy }: Container) => {
      const { cpus = '0', memory = '', pids = 0 } = deploy?.resources.limits ?? {}
      return Number(cpus) > 0 && /^\d+M$/.test(memory) && pids > 0
    }
    expect(failing(services, limited)).toEqual([])
  })

  it('restarts and watches what lasts, and runs each migration once, between its database and its subgraph', () => {
    expect(failing(lasting, ({ restart }) => restart === 'unless-stopped')).toEqual([])
    expect(failing(lasting, ({ healthcheck }) => (healthcheck?.test ?? []).length > 1)).toEqual([])
    expect(failing(migrations, ({ restart }) => restart === 'no')).toEqual([])
    for (const name of databaseNames) {
      const database = { [`${name}-database`]: { condition: 'service_healthy' } }
      const migration = { [`${name}-migration`]: { condition: 'service_completed_successfully' } }
      expect(file.services[`${name}-migration`]?.depends_on).toEqual(database)
      expect(file.services[name]?.depends_on).toEqual({ ...database, ...migration })
    }
  })

  it('pins every image to a version', () => {
    expect(failing(services, (container) => /:\d+\.\d+[\w.-]*$/.test(container.image))).toEqual([])
  })

  it("publishes the gateway's ports alone, to this machine alone", () => {
    expect(services.flatMap(([name, { ports = [] }]) => ports.map((port) => [name, port]))).toEqual([
      ['gateway', `127.0.0.1:4000:${image.environment['PORT']}`],
      ['gateway', `127.0.0.1:4100:${image.environment['ADMIN_PORT']}`],
    ])
  })

  it('lets every service be watched from its own networks, on the admin port', () => {
    const served = own.filter(([, { build }]) => build?.args['SERVICE'] !== 'migrate')
    expect(served).toHaveLength(4)
    expect(failing(served, ({ environment = {} }) => environment['ADMIN_HOST'] === '0.0.0.0')).toEqual([])
  })

  it('connects a database with its subgraph and its migration alone, subgraphs and Redis with the gateway alone, and RabbitMQ with those that have events', () => {
    const connected = services.flatMap(([name, { networks = [] }]) =>
      services
        .filter(
          ([other, container]) => name < other && container.networks?.some((network) => networks.includes(network)),
        )
        .map(([other]) => `${name} ${other}`),
    )
    const wanted = databaseNames.flatMap((name) => [
      ['gateway', name],
      [name, `${name}-database`],
      [name, `${name}-migration`],
      [`${name}-database`, `${name}-migration`],
    ])
    wanted.push(['gateway', 'redis'], ...WITH_EVENTS.map((name) => [name, 'rabbitmq']))
    expect(connected.toSorted()).toEqual(wanted.map((pair) => pair.toSorted().join(' ')).toSorted())
  })

  it('lets no container but the gateway reach what is outside', () => {
    const inside = ({ networks = [] }: Container) =>
      // Without a network of its own it would be on the default one.
      networks.length > 0 && networks.every((name) => file.networks[name]?.internal === true)
    expect(failing(services, inside)).toEqual(['gateway'])
  })

  it('lets the gateway share its counts in Redis, which keeps nothing and never refuses to count', () => {
    const { environment, depends_on: startedBefore } = file.services['gateway'] ?? {}
    expect(environment?.['REDIS_URL']).toBe('redis://redis:6379/0')
    // Started, not healthy: the gateway counts by itself meanwhile.
    expect(startedBefore).toEqual([...databaseNames, 'redis'])
    const { command = [], volumes, tmpfs, deploy } = file.services['redis'] ?? {}
    expect(command).toEqual([
      'redis-server',
      '--save',
      '',
      '--appendonly',
      'no',
      '--maxmemory',
      '64mb',
      '--maxmemory-policy',
      'volatile-ttl',
    ])
    expect(volumes).toBeUndefined()
    expect(tmpfs).toEqual(['/data:size=1m'])
    expect(deploy?.resources.limits.memory).toBe('128M')
  })

  it('lets RabbitMQ stop who sends before it has all the memory that it may have', () => {
    const { environment = {}, deploy } = file.services['rabbitmq'] ?? {}
    const given = environment['RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS'] ?? ''
    const bytes = (setting: RegExp) => Number(setting.exec(given)?.[1])
    const memory = Number.parseInt(deploy?.resources.limits.memory ?? '', 10) * 1_048_576
    expect(bytes(/vm_memory_high_watermark \{absolute,(\d+)\}/)).toBe(memory / 2)
    expect(bytes(/wal_max_size_bytes (\d+)/)).toBeLessThanOrEqual(memory / 8)
  })

  it('can be scraped as docs/operations.md says, by a container on networks that are there', async () => {
    const text = await readFile(join(ROOT, 'docs/operations.md'), 'utf8')
    const example = (name: string): unknown =>
      parse(new RegExp(`^# ${name}\n([^]*?)^\`\`\``, 'm').exec(text)?.[1] ?? '')
    const override = z.object({ services: z.object({ prometheus: z.object({ networks: z.array(z.string()) }) }) })
    const { networks } = override.parse(example('docker-compose.override.yml')).services.prometheus
    expect(networks.filter((name) => file.networks[name] === undefined)).toEqual([])
    const scrape = z.object({
      scrape_configs: z.tuple([z.object({ static_configs: z.tuple([z.object({ targets: z.array(z.string()) })]) })]),
    })
    const [{ static_configs: targets }] = scrape.parse(example('prometheus.yml')).scrape_configs
    const watched = own.filter(([name]) => file.services[name]?.networks?.some((network) => networks.includes(network)))
    expect(targets[0].targets).toEqual(watched.map(([name]) => `${name}:${image.environment['ADMIN_PORT']}`))
  })

  it('holds no secret, and no default for one', () => {
    expect(JSON.stringify(raw)).not.toMatch(/:\/\/[^/"\s]*@/)
    const variables = services.flatMap(([, { environment = {} }]) => Object.entries(environment))
    const secret = variables.filter(([name]) =>
      /PASSWORD|SECRET|TOKEN|CREDENTIAL|DATABASE_URL|AMQP_URL|IDENTITY_KEY/.test(name),
    )
    expect(secret.length).toBeGreaterThan(databases.length)
    expect(secret.filter(([name, value]) => !name.endsWith('_FILE') || !value.startsWith('/run/secrets/'))).toEqual([])
  })

  it('hands a secret to those alone who need it, and says to each where it is', () => {
    const given = Object.fromEntries(services.map(([name, { secrets = [] }]) => [name, secrets.toSorted()]))
    const needed = databaseNames.flatMap((name) => [
      [
        name,
        [
          'gateway-identity-public-keys',
          `${name}-database-url`,
          ...(WITH_EVENTS.includes(name) ? [`${name}-rabbitmq-url`] : []),
        ],
      ],
      [`${name}-migration`, [`${name}-database-url`]],
      [`${name}-database`, [`${name}-database-password`]],
    ])
    expect(given).toEqual({
      gateway: ['gateway-identity-key'],
      redis: [],
      rabbitmq: ['rabbitmq-definitions.json'],
      ...Object.fromEntries(needed),
    })
    const told = ({ environment = {}, secrets = [] }: Container) =>
      isDeepStrictEqual(
        Object.values(environment)
          .flatMap((value) => value.match(/\/run\/secrets\/[\w.-]+/g) ?? [])
          .toSorted(),
        secrets.map((name) => `/run/secrets/${name}`).toSorted(),
      )
    expect(failing(services, told)).toEqual([])
  })

  it('keeps its secrets out of Git and out of the images', async () => {
    const lines = async (name: string) => (await readFile(join(ROOT, name), 'utf8')).split('\n')
    expect(await lines('.gitignore')).toContain('deploy/secrets/')
    expect(await lines('.dockerignore')).toContain('deploy')
    expect((await lines('.dockerignore')).filter((line) => line.startsWith('!'))).toEqual(['!deploy/healthcheck.mjs'])
  })
})

describe('a container of docker-compose.yml', () => {
  let secrets: Awaited<ReturnType<typeof mkdtempDisposable>>
  beforeAll(async () => {
    secrets = await mkdtempDisposable(join(tmpdir(), 'portico-secrets-'))
    await makeSecrets(secrets.path)
  })
  afterAll(() => secrets[Symbol.asyncDispose]())

  /** The environment that a service is started with, its files where this machine has them. */
  function environmentOf(name: string): Record<string, string> {
    const { environment = {}, volumes = [] } = file.services[name] ?? {}
    const folders = volumes.filter((volume) => typeof volume !== 'string')
    const here = (path: string) => path.replace('./deploy/secrets', secrets.path)
    const files = new Map(folders.map(({ source, target }) => [target, here(source)]))
    for (const [secret, { file: path }] of Object.entries(file.secrets)) files.set(`/run/secrets/${secret}`, here(path))
    const given: Record<string, string> = { ...image.environment }
    for (const [variable, value] of Object.entries(environment)) given[variable] = files.get(value) ?? value
    return given
  }

  const text = (name: string) => readFile(join(secrets.path, name), 'utf8')

  it('finds every secret where npm run deploy:secrets makes it', () => {
    const paths = Object.values(file.secrets).map((secret) => secret.file)
    expect(paths.filter((path) => posix.dirname(path) !== './deploy/secrets')).toEqual([])
    expect(paths.filter((path) => !existsSync(join(secrets.path, posix.basename(path))))).toEqual([])
  })

  it.each(own.map(([name]) => name))(
    'is given what its program accepts, and nothing that it does not know: %s',
    (name) => {
      const { build, environment = {} } = file.services[name] ?? {}
      const load = loaders[build?.args['SERVICE'] ?? '']
      const outcome = (env: Environment) => {
        try {
          return load?.(env)
        } catch (error) {
          return { error }
        }
      }
      const env = environmentOf(name)
      expect(load?.(env)).toBeDefined()
      const unknown = Object.keys(environment).filter((variable) =>
        isDeepStrictEqual(outcome({ ...env, [variable]: 'something else' }), outcome(env)),
      )
      expect(unknown).toEqual([])
    },
  )

  it('is in production mode, and outlives the pause and the requests that end it', () => {
    const { exposure, health, http } = loadGatewayConfig(environmentOf('gateway'))
    const subgraphs = [loadUsersConfig, loadProductsConfig, loadOrdersConfig].map((load, index) =>
      load(environmentOf(databaseNames[index] ?? '')),
    )
    expect(exposure).toMatchObject({ introspection: false, sandbox: false, explorer: false, errorDetails: false })
    expect(subgraphs.map(({ subgraph }) => subgraph.production)).toEqual([true, true, true])
    const longest =
      Math.max(health.drainDelayMs, ...subgraphs.map(({ subgraph }) => subgraph.drainDelayMs)) +
      http.requestTimeoutMs +
      CLOSE_WITHIN_MS
    const served = own.filter(([name]) => !migrations.some(([migration]) => migration === name))
    const grace = ({ stop_grace_period: period = '' }: Container) => Number(/^(\d+)s$/.exec(period)?.[1]) * 1000
    expect(failing(served, (container) => grace(container) > longest)).toEqual([])
  })

  it('lets the gateway load the supergraph, and find every subgraph and the keys of access tokens where they listen', async () => {
    const config = loadGatewayConfig(environmentOf('gateway'))
    // What the build copies into the image.
    const committed = { kind: 'supergraph', file: join(ROOT, 'schema/supergraph.graphql') } as const
    const { subgraphs } = await loadSupergraph({ ...config.supergraph, source: committed })
    const port = image.environment['PORT']
    expect(Object.fromEntries([...subgraphs].map(([name, { href }]) => [name, href]))).toEqual(
      Object.fromEntries(databaseNames.map((name) => [name, `http://${name}:${port}/graphql`])),
    )
    expect(config.trust.tokens?.jwksUrl?.href).toBe(`http://users:${port}/.well-known/jwks.json`)
  })

  it.each(databaseNames)(
    'connects to the database of %s as the role, and with the password, that it is made with',
    async (name) => {
      const { url } = loadMigrateConfig(environmentOf(`${name}-migration`))
      const { POSTGRES_USER: role, POSTGRES_DB: database } = file.services[`${name}-database`]?.environment ?? {}
      const password = await text(`${name}-database-password`)
      expect(url).toBe(`postgresql://${role}:${password}@${name}-database:5432/${database}`)
      expect(loadMigrateConfig(environmentOf(`${name}-migration`)).database).toBe(name)
    },
  )

  it('connects subgraphs to RabbitMQ as the accounts, and with the passwords, that it is started with', async () => {
    const { users } = JSON.parse(await text('rabbitmq-definitions.json')) as RabbitMqDefinitions
    const loaded = { orders: loadOrdersConfig, products: loadProductsConfig }
    const accounts = Object.entries(loaded).map(([name, load]) => {
      const { transport } = load(environmentOf(name)).events
      const { username, password, host } = new URL(transport.kind === 'rabbitmq' ? transport.url : 'none:')
      return { name, username, host, isKnown: isPasswordOf(users, username, decodeURIComponent(password)) }
    })
    const host = 'rabbitmq:5672'
    expect(accounts).toEqual(['orders', 'products'].map((name) => ({ name, username: name, host, isKnown: true })))
  })
})

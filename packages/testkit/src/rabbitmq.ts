import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { createConnection, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePorts } from './free-ports.ts'
import { findInstalledService } from './installed-service.ts'

/** A RabbitMQ for a test. What it holds lasts until it is disposed of. */
export interface TestRabbitMq extends AsyncDisposable {
  /** Such as `amqp://portico:portico@127.0.0.1:50123`. */
  url: string
  /** Where it writes its log. */
  logFolder: string
  /** Ends it as a crash does: connections are reset, and what it wrote to disk stays. */
  kill(): Promise<void>
  /** Ends it as an operator does: clients are told, and all is written to disk. */
  shutDown(): Promise<void>
  /** Starts it again on the same port, with what it held, after one of these. It takes some seconds. */
  restart(): Promise<void>
  /** Stops its process, so that connections stay open and nothing is answered. */
  stop(): void
  /** Lets it go on after {@link stop}. */
  continue(): void
}

const RABBITMQ = { name: 'RabbitMQ', programs: ['rabbitmq-server'], install: 'apt-get install rabbitmq-server' }

/** Debian has another one in `PATH`, which becomes the user rabbitmq and has a log and a folder of the machine's broker. */
const DEBIAN_PROGRAM = '/usr/lib/rabbitmq/bin/rabbitmq-server'

/** Some seconds where nothing else is to be done. */
const START_WITHIN_MS = 90_000
/** Also for one that never got ready, or that waits for a client. */
const SHUT_DOWN_WITHIN_MS = 15_000

/** Ends the process of this id when stdin closes, because its owner said so or died of whatever cause. */
const GUARD = 'read -r line; kill -KILL "$1"'

/**
 * The program for {@link startRabbitMq}: what `RABBITMQ_SERVER_PATH` names, or the installed one. Undefined when there is
 * none, as `findInstalledService` tells.
 */
export function findRabbitMq(suite: string): string | undefined {
  return (
    process.env['RABBITMQ_SERVER_PATH'] ??
    (existsSync(DEBIAN_PROGRAM) ? DEBIAN_PROGRAM : findInstalledService(RABBITMQ, suite))
  )
}

/**
 * Starts a RabbitMQ of its own on free ports of the loopback interface, with a temporary folder. It is no part of any
 * cluster, and neither starts nor asks the port mapper of Erlang, which all of a machine's brokers would share.
 *
 * A quorum queue that is killed within a second of its declaration is lost with all that was confirmed, and its name is of
 * no use afterwards: RabbitMQ writes down later that there is one.
 *
 * With `definitions` they are all that it has: accounts, permissions, and whatever else RabbitMQ loads when it starts. Then
 * the account in its URL is none of its own.
 *
 * @throws Error with what it printed, when it ends instead of starting.
 */
export async function startRabbitMq(
  program: string,
  { definitions }: { definitions?: object } = {},
): Promise<TestRabbitMq> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'portico-rabbitmq-'))
  stack.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
  const [port = 0, clusterPort = 0] = await freePorts(2)
  const env = await prepare(folder, { port, clusterPort, mapperPort: await occupyPort(stack) }, definitions)

  async function start(): Promise<ChildProcess> {
    await using output = await open(join(folder, 'output'), 'a')
    // A shell that becomes Erlang: what is signalled is the broker. It must not read what is typed here, Ctrl-C included.
    const child = spawn(program, ['-noinput'], { stdio: ['ignore', output.fd, output.fd], env, detached: true })
    await Promise.race([once(child, 'spawn'), once(child, 'error').then(([error]) => Promise.reject(error as Error))])
    guard(child)
    const deadline = performance.now() + START_WITHIN_MS
    while (!(await answers(port))) {
      if (child.exitCode !== null || performance.now() > deadline) {
        await end(child)
        throw new Error(`RabbitMQ did not start:\n${await readFile(join(folder, 'output'), 'utf8')}`)
      }
      await sleep(20)
    }
    return child
  }

  async function end(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    const insist = setTimeout(() => child.kill('SIGKILL'), SHUT_DOWN_WITHIN_MS)
    await exited
    clearTimeout(insist)
  }

  let child = await start()
  stack.defer(() => end(child))
  const running = stack.move()
  return {
    url: `amqp://portico:portico@127.0.0.1:${port}`,
    logFolder: join(folder, 'log'),
    kill: () => end(child),
    shutDown: () => end(child, 'SIGTERM'),
    async restart() {
      child = await start()
    },
    stop: () => void child.kill('SIGSTOP'),
    continue: () => void child.kill('SIGCONT'),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** Lets a broker not outlive this process. */
function guard(broker: ChildProcess): void {
  const watcher = spawn('/bin/sh', ['-c', GUARD, 'portico-rabbitmq-guard', `${broker.pid}`], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  // Before its id may be another program's.
  broker.once('exit', () => watcher.kill('SIGKILL'))
}

/**
 * A port on which nothing answers, and nothing else can listen. A broker looks for the port mapper once in a minute, and
 * starts one where there is none, which would outlive it.
 */
async function occupyPort(stack: AsyncDisposableStack): Promise<number> {
  const server = createServer((socket) => socket.destroy()).unref()
  // On all interfaces, as the mapper would.
  await once(server.listen(0), 'listening')
  stack.defer(() => void server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('There is no free port.')
  return address.port
}

type PortName = 'port' | 'clusterPort' | 'mapperPort'

/** Writes the broker's settings into its folder, and returns the environment that leads it there and nowhere else. */
async function prepare(
  folder: string,
  ports: Record<PortName, number>,
  definitions?: object,
): Promise<NodeJS.ProcessEnv> {
  const { port, clusterPort, mapperPort } = ports
  const definitionsFile = join(folder, 'definitions.json')
  if (definitions) await writeFile(definitionsFile, JSON.stringify(definitions))
  const settings = [`listeners.tcp.1 = 127.0.0.1:${port}`, 'default_user = portico', 'default_pass = portico']
  await writeFile(join(folder, 'rabbitmq.conf'), [...settings, 'log.console = false', ''].join('\n'))
  await writeFile(join(folder, 'plugins'), '[].\n')
  // Or Erlang starts a program for names, which outlives a broker that is killed.
  await writeFile(join(folder, 'names'), '{lookup, [file]}.\n{host, {127,0,0,1}, ["localhost"]}.\n')
  const node = `portico-${port}@localhost`
  const erlang = [
    `-sname ${node} -start_epmd false -erl_epmd_port ${clusterPort}`,
    '-kernel inet_dist_use_interface {127,0,0,1}',
    `-kernel inet_dist_listen_min ${clusterPort} -kernel inet_dist_listen_max ${clusterPort}`,
    // As docker-compose.yml says it.
    ...(definitions ? [`-rabbit load_definitions "${definitionsFile}"`] : []),
  ]
  return {
    PATH: process.env['PATH'],
    LANG: 'C.UTF-8',
    // Of the cookie.
    HOME: folder,
    ERL_INETRC: join(folder, 'names'),
    ERL_EPMD_PORT: `${mapperPort}`,
    RABBITMQ_ALLOW_INPUT: '1',
    RABBITMQ_NODENAME: node,
    RABBITMQ_DIST_PORT: `${clusterPort}`,
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: erlang.join(' '),
    RABBITMQ_CONF_ENV_FILE: join(folder, 'none'),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
    RABBITMQ_MNESIA_BASE: join(folder, 'data'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
  }
}

/** Whether it greets as AMQP wants it, which it does only when it is ready. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port }, () => socket.write('AMQP\0\0\u0009\u0001'))
    socket.once('data', (data) => {
      resolve(data[0] === 1)
      socket.destroy()
    })
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
  })
}

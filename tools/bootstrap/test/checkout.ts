import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

interface Package {
  /** Path in the package → content; a content beginning with `-> ` makes a link. */
  readonly files: Readonly<Record<string, string>>
  readonly bin?: Readonly<Record<string, string>>
  /** Written to the lock file as a package for this platform. */
  readonly optional?: boolean
}

/** A checkout in a folder of its own, with this bootstrap and packages that need no registry. */
export interface Checkout extends AsyncDisposable {
  readonly root: string
  write(path: string, content: string): Promise<void>
  read(path: string): Promise<string>
  /** Makes it want a package from the registry, which stands at that need not be there. */
  want(name: string): Promise<void>
  /** Runs the bootstrap to its end. */
  bootstrap(options?: BootstrapRun): Promise<{ exitCode: number | null; output: string }>
}

export interface BootstrapRun {
  readonly env?: Readonly<Record<string, string>>
  readonly onStart?: (bootstrap: ChildProcess) => void
  /** Called with all output so far whenever there is more. */
  readonly onOutput?: (output: string) => void
}

const thisBootstrap = join(import.meta.dirname, '..')
const turboConfig = join(import.meta.dirname, '../../../turbo.json')

/** The Node that runs this test, as the platform package that the lock file pins. */
export const nodePackage: Package = {
  files: { 'bin/node': `-> ${process.execPath}` },
  bin: { node: 'bin/node' },
  optional: true,
}

/** Packages are named by their folder below the checkout. */
export async function createCheckout(packages: Readonly<Record<string, Package>>): Promise<Checkout> {
  const root = await mkdtemp(join(tmpdir(), 'portico bootstrap '))
  const write = async (path: string, content: string): Promise<void> => {
    await mkdir(join(root, path, '..'), { recursive: true })
    if (content.startsWith('-> ')) await symlink(content.slice(3), join(root, path))
    else await writeFile(join(root, path), content, { mode: 0o755 })
  }
  const read = (path: string) => readFile(join(root, path), 'utf8')

  for (const name of await readdir(thisBootstrap)) {
    if (name.endsWith('.mjs')) await cp(join(thisBootstrap, name), join(root, 'tools/bootstrap', name))
  }
  await cp(turboConfig, join(root, 'turbo.json'))
  const writeManifests = async (dependencies: object, entries: object): Promise<void> => {
    const manifest = { name: 'checkout', version: '1.0.0', optionalDependencies: references(packages), ...dependencies }
    const lock = { lockfileVersion: 3, packages: { '': manifest, ...locked(packages), ...entries } }
    await write('package.json', JSON.stringify(manifest))
    await write('package-lock.json', JSON.stringify(lock))
  }
  await writeManifests({}, {})
  for (const [name, { files, bin }] of Object.entries(packages)) {
    await write(`${name}/package.json`, JSON.stringify({ name, version: '1.0.0', bin }))
    for (const [path, content] of Object.entries(files)) await write(`${name}/${path}`, content)
  }

  return {
    root,
    write,
    read,
    want: async (name) => {
      const absent = { version: '1.0.0', integrity: `sha512-${Buffer.alloc(64).toString('base64')}` }
      await writeManifests({ dependencies: { [name]: '1.0.0' } }, { [`node_modules/${name}`]: absent })
    },
    bootstrap: (options) => runBootstrap(root, options),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true, maxRetries: 5 }),
  }
}

function references(packages: Readonly<Record<string, Package>>): Record<string, string> {
  return Object.fromEntries(Object.keys(packages).map((name) => [name, `file:${name}`]))
}

function locked(packages: Readonly<Record<string, Package>>): Record<string, object> {
  const platform = { os: [process.platform], cpu: [process.arch] }
  const entries: Record<string, object> = {}
  for (const [name, { bin, optional }] of Object.entries(packages)) {
    entries[`node_modules/${name}`] = { resolved: name, link: true }
    entries[name] = { version: '1.0.0', optional: true, ...(bin && { bin }), ...(optional && platform) }
  }
  return entries
}

async function runBootstrap(root: string, { env, onStart, onOutput }: BootstrapRun = {}) {
  const bootstrap = spawn(process.execPath, [join(root, 'tools/bootstrap/main.mjs')], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 30_000,
  })
  const ended = once(bootstrap, 'close')
  let output = ''
  bootstrap.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk
    onOutput?.(output)
  })
  onStart?.(bootstrap)
  await ended
  return { exitCode: bootstrap.exitCode, output }
}

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { explainFailure } from '../install-failure.mjs'
import { npmCommand } from '../install.mjs'
import { isInstalled, leftOut, pinnedNode } from '../lock-file.mjs'
import { isRunnable } from '../pinned-node.mjs'
import { readStamp, reasonToInstall, writeStamp } from '../stamp.mjs'

async function createFolder(lock: object) {
  const root = await mkdtemp(join(tmpdir(), 'portico-bootstrap-'))
  const writeLock = (content: object) => writeFile(join(root, 'package-lock.json'), JSON.stringify(content))
  await writeLock(lock)
  return { root, writeLock, [Symbol.asyncDispose]: () => rm(root, { recursive: true }) }
}

describe('the decision to install', () => {
  it('follows from the folder, the stamp and the lock file it was made from', async () => {
    await using checkout = await createFolder({ packages: {} })
    const { root } = checkout
    expect(reasonToInstall(root)).toBe('nothing is installed yet')

    await mkdir(join(root, 'node_modules'))
    expect(reasonToInstall(root)).toBe('the last installation did not finish')

    writeStamp(root, {})
    expect(reasonToInstall(root)).toBeUndefined()

    await checkout.writeLock({ packages: { other: {} } })
    expect(reasonToInstall(root)).toBe('package-lock.json has changed')

    await writeFile(
      join(root, 'node_modules/.portico.json'),
      JSON.stringify({ ...readStamp(root), platform: 'aix-ppc' }),
    )
    expect(reasonToInstall(root)).toBe('the installed ones are for aix-ppc')
  })

  it('asks for the lock file when there is none', async () => {
    await using checkout = await createFolder({})
    await mkdir(join(checkout.root, 'node_modules'))
    writeStamp(checkout.root, {})
    await rm(join(checkout.root, 'package-lock.json'))

    expect(() => reasonToInstall(checkout.root)).toThrow('git checkout package-lock.json')
  })
})

describe('a Node version', () => {
  it.each(['v24.0.0', 'v24.21.0\n', 'v25.1.0', 'v100.0.0'])('%j runs the project', (version) => {
    expect(isRunnable(version)).toBe(true)
  })

  it.each(['v20.20.2', 'v23.11.1', 'v2.4.0', '24.0.0', '', 'node: not found'])('%j does not', (version) => {
    expect(isRunnable(version)).toBe(false)
  })
})

describe('what npm says that it has installed', () => {
  const locked = {
    '': {},
    'node_modules/plain': { version: '1.0.0', integrity: 'sha512-a' },
    'node_modules/elsewhere': { version: '1.0.0', optional: true, os: 'aix', cpu: 'ppc' },
    'node_modules/here': { version: '1.0.0', optional: true, os: process.platform, cpu: process.arch },
  }
  const { '': _, 'node_modules/elsewhere': elsewhere, ...installed } = locked

  async function createInstalled(record: object) {
    const checkout = await createFolder({ packages: locked })
    for (const name of ['plain', 'here']) {
      await mkdir(join(checkout.root, 'node_modules', name), { recursive: true })
      await writeFile(join(checkout.root, 'node_modules', name, 'package.json'), '{}')
    }
    await writeFile(join(checkout.root, 'node_modules/.package-lock.json'), JSON.stringify({ packages: record }))
    return checkout
  }

  it.each([
    ['exactly what suits this platform', installed],
    ['the rest as not installed', { ...installed, 'node_modules/elsewhere': { ...elsewhere, ideallyInert: true } }],
  ])('is believed when it is %s', async (_case, record) => {
    await using checkout = await createInstalled(record)
    expect(isInstalled(checkout.root)).toBe(true)
  })

  it.each([
    ['too little', { 'node_modules/plain': locked['node_modules/plain'] }],
    ['too much', { ...installed, 'node_modules/stranger': { version: '1.0.0' } }],
    ['another version', { ...installed, 'node_modules/plain': { version: '1.0.1', integrity: 'sha512-a' } }],
    ['another content', { ...installed, 'node_modules/plain': { version: '1.0.0', integrity: 'sha512-b' } }],
  ])('is not enough when it is %s', async (_case, record) => {
    await using checkout = await createInstalled(record)
    expect(isInstalled(checkout.root)).toBe(false)
  })

  it('is not enough when a package has been deleted since, or when there is no record', async () => {
    await using checkout = await createInstalled(installed)
    await rm(join(checkout.root, 'node_modules/plain/package.json'))
    expect(isInstalled(checkout.root)).toBe(false)

    await rm(join(checkout.root, 'node_modules/.package-lock.json'))
    expect(isInstalled(checkout.root)).toBe(false)
  })
})

describe('packages of the lock file', () => {
  const here = { version: '24.1.0', optional: true, os: process.platform, cpu: [process.arch] }
  const elsewhere = { ...here, os: ['aix'] }

  it('that npm has left out are found, unless they are for another platform', async () => {
    await using checkout = await createFolder({
      packages: {
        '': {},
        'node_modules/@lib/here': here,
        'node_modules/parent/node_modules/nested': here,
        'node_modules/elsewhere': elsewhere,
        'node_modules/installed': here,
      },
    })
    await mkdir(join(checkout.root, 'node_modules/installed'), { recursive: true })

    expect(leftOut(checkout.root)).toEqual(['@lib/here', 'nested'])
  })

  it('name the Node of this platform among those of others', async () => {
    const bin = { node: 'bin/node' }
    await using checkout = await createFolder({
      packages: { 'node_modules/node-aix': { ...elsewhere, bin }, 'node_modules/node-here': { ...here, bin } },
    })

    expect(pinnedNode(checkout.root)).toEqual({
      name: 'node-here',
      version: '24.1.0',
      program: join(checkout.root, 'node_modules/node-here/bin/node'),
    })
  })
})

describe('npm', () => {
  it('is the one that runs the script, and never another package manager', () => {
    const npm = '/usr/lib/node_modules/npm/bin/npm-cli.js'
    expect(npmCommand({ npm_execpath: npm, npm_node_execpath: process.execPath })).toEqual([process.execPath, npm])
    expect(npmCommand({ npm_execpath: npm, npm_node_execpath: '/gone' })).toEqual([process.execPath, npm])
    expect(npmCommand({ npm_execpath: '/opt/yarn/bin/yarn.js' })).toEqual(npmCommand({}))
  })
})

describe('a failure of npm', () => {
  it.each([
    ['npm error code ENOTFOUND', 'npm config set registry'],
    ['npm error code EUSAGE', 'package.json and package-lock.json do not match'],
    ['npm error code ENOSPC', 'The disk is full'],
    ['npm error code EACCES', 'may not write to node_modules'],
    ['npm error code EINTEGRITY', 'npm cache verify'],
  ])('%j is explained and shown', (output, explanation) => {
    const text = explainFailure(output)
    expect(text).toContain(explanation)
    expect(text).toContain(output)
  })

  it('of an unknown kind is shown as it is', () => {
    expect(explainFailure('npm error strange')).toBe('The packages could not be installed.\n\nnpm error strange')
  })

  it('is shown without the manual of `npm ci`', () => {
    expect(explainFailure('npm ERR! code EUSAGE\nnpm ERR! Clean install a project\nnpm ERR! Options:')).not.toContain(
      'Options',
    )
  })
})

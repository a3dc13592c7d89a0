import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { arch, cpus, platform, release, totalmem } from 'node:os'
import type { Cores } from '../measure/child.ts'
import { porticoFrom } from '../portico.ts'

/** Where and of what a result is; nothing tells whose machine it was. */
export interface Circumstances {
  date: string
  commit: string
  /** Files of what is measured, or of what measures, differ from the commit. */
  isModified: boolean
  /** Whether Portico ran as built or from its sources. */
  porticoFrom: 'dist' | 'source'
  machine: { cpu: string; cores: number; memoryGb: number; system: string; pinned: boolean }
  /** By package. */
  versions: Readonly<Record<string, string>>
}

const PACKAGES = [
  '@apollo/gateway',
  '@apollo/server',
  '@as-integrations/fastify',
  '@graphql-hive/gateway',
  '@graphql-hive/router-runtime',
  '@graphql-hive/router-query-planner',
  '@mercuriusjs/gateway',
  'mercurius',
  '@grafbase/cli-x86_64-unknown-linux-musl',
  'fastify',
  'graphql',
  'undici',
]

const MEASURED = ['gateway', 'packages', 'subgraphs', 'package-lock.json', 'bench', ':!bench/results']

export function readCircumstances(cores: Cores | undefined): Circumstances {
  const [cpu] = cpus()
  return {
    date: new Date().toISOString().slice(0, 16).replace('T', ' '),
    commit: git('rev-parse', '--short=12', 'HEAD') ?? 'unknown',
    isModified: git('status', '--porcelain', '--', ...MEASURED) !== '',
    porticoFrom: porticoFrom(),
    machine: {
      cpu: cpu?.model ?? 'unknown',
      cores: cpus().length,
      memoryGb: Math.round(totalmem() / 1024 ** 3),
      system: `${platform()} ${release().replace(/-.*/, '')} ${arch()}`,
      pinned: cores !== undefined,
    },
    versions: {
      node: process.version,
      ...Object.fromEntries(PACKAGES.map((name) => [name, versionOf(name)] as const)),
    },
  }
}

function git(...args: string[]): string | undefined {
  try {
    return execFileSync('git', args, { cwd: new URL('../../..', import.meta.url), encoding: 'utf8' }).trim()
  } catch {
    return undefined
  }
}

function versionOf(name: string): string {
  try {
    const text = readFileSync(new URL(`../../node_modules/${name}/package.json`, import.meta.url), 'utf8')
    return (JSON.parse(text) as { version: string }).version
  } catch {
    return 'not here'
  }
}

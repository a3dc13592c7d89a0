import { mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import { createLogger } from '@portico/service-kit/logger'
import { eventually } from '@portico/testkit/eventually'
import type { SupergraphSource } from '../src/config/supergraph.ts'
import { fingerprintOf } from '../src/workers/fingerprint.ts'
import { watchSupergraph } from '../src/workers/supergraph-watch.ts'

const LONG_ENOUGH_MS = 1500

async function temporaryFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'portico-watch-'))
  return {
    file: (name: string) => join(folder, name),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

/** Follows a source, as it is when it is told to. */
async function startWatch(source: SupergraphSource) {
  let changes = 0
  const log = createLogger({ service: 'gateway', level: 'silent' })
  const watch = watchSupergraph({ log, changed: () => (changes += 1) })
  watch.follow(source, await fingerprintOf(source))
  async function changed(times: number): Promise<number> {
    await eventually(() => changes >= times)
    return changes
  }
  return { watch, changes: () => changes, changed, [Symbol.asyncDispose]: () => watch[Symbol.asyncDispose]() }
}

describe('a watch over the supergraph', () => {
  it('notices a file that another one replaces, and one that is written again', async () => {
    await using folder = await temporaryFolder()
    const file = folder.file('supergraph.graphql')
    await writeFile(file, 'one')
    await using watched = await startWatch({ kind: 'supergraph', file })
    await writeFile(folder.file('next'), 'two')
    await rename(folder.file('next'), file)
    expect(await watched.changed(1)).toBe(1)
    await writeFile(file, 'six')
    expect(await watched.changed(2)).toBe(2)
  })

  it('notices what became different between its fingerprint and the first look', async () => {
    await using folder = await temporaryFolder()
    const file = folder.file('supergraph.graphql')
    await writeFile(file, 'one')
    await using watched = await startWatch({ kind: 'supergraph', file })
    await writeFile(file, 'two')
    expect(await watched.changed(1)).toBe(1)
  })

  it('sees through the links by which Kubernetes replaces all files of a volume at once', async () => {
    await using folder = await temporaryFolder()
    for (const version of ['1', '2']) {
      await mkdir(folder.file(version))
      await writeFile(join(folder.file(version), 'supergraph.graphql'), version)
    }
    await symlink('1', folder.file('..data'))
    await symlink(join('..data', 'supergraph.graphql'), folder.file('supergraph.graphql'))
    await using watched = await startWatch({ kind: 'supergraph', file: folder.file('supergraph.graphql') })
    await symlink('2', folder.file('..next'))
    await rename(folder.file('..next'), folder.file('..data'))
    expect(await watched.changed(1)).toBe(1)
  })

  it('notices the SDL files of a list, also of one that the list did not name before', async () => {
    await using folder = await temporaryFolder()
    const list = folder.file('subgraphs.json')
    const listed = (schema: string) => JSON.stringify([{ name: 'a', url: 'http://127.0.0.1:1/graphql', schema }])
    await writeFile(folder.file('a.graphql'), 'type Query { a: Int }')
    await writeFile(folder.file('b.graphql'), 'type Query { b: Int }')
    await writeFile(list, listed('a.graphql'))
    await using watched = await startWatch({ kind: 'subgraphs', file: list })
    await writeFile(folder.file('a.graphql'), 'type Query { aa: Int }')
    expect(await watched.changed(1)).toBe(1)
    await writeFile(list, listed('b.graphql'))
    expect(await watched.changed(2)).toBe(2)
    await writeFile(folder.file('b.graphql'), 'type Query { bb: Int }')
    expect(await watched.changed(3)).toBe(3)
  })

  it('takes no notice of files that hold the same, or that are known already', async () => {
    await using folder = await temporaryFolder()
    const file = folder.file('supergraph.graphql')
    await writeFile(file, 'one')
    await using watched = await startWatch({ kind: 'supergraph', file })
    await utimes(file, new Date(0), new Date(0))
    await sleep(LONG_ENOUGH_MS)
    await writeFile(file, 'two')
    await watched.watch.settle()
    await sleep(LONG_ENOUGH_MS)
    expect(watched.changes()).toBe(0)
  })
})

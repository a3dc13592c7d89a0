import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'

describe('docs/clients.md', () => {
  it('shows how the clients of these tests are made, word for word', async () => {
    const page = await readFile(join(import.meta.dirname, '../../docs/clients.md'), 'utf8')
    const shown = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code)
    const folder = join(import.meta.dirname, 'setup')
    const files = await Promise.all((await readdir(folder)).map((file) => readFile(join(folder, file), 'utf8')))
    expect(new Set(shown)).toEqual(new Set(files))
  })
})

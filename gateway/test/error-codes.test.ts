import { glob, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from '@jest/globals'
import { ERROR_CODES } from '../src/error-codes.ts'

describe('the error codes of the gateway', () => {
  it('are in the table for clients, all of them and no others', async () => {
    const text = await readFile(new URL('../../docs/clients.md', import.meta.url), 'utf8')
    const [, section = ''] = text.split(/^## Error codes$/m)
    const [table = ''] = section.split(/^## /m)
    const codes = [...table.matchAll(/^\| `([A-Z_]+)` +\|/gm)].map(([, code]) => code)
    expect(codes).toEqual(Object.keys(ERROR_CODES))
  })

  it('are all in one list, wherever they are written', async () => {
    const cwd = new URL('../src', import.meta.url)
    const written: string[] = []
    for await (const file of glob('**/*.ts', { cwd: fileURLToPath(cwd) })) {
      const source = await readFile(new URL(`src/${file}`, new URL('..', import.meta.url)), 'utf8')
      written.push(...[...source.matchAll(/\bcode: '([A-Z_]+)'/g)].map(([, code = '']) => code))
    }
    expect(written.length).toBeGreaterThan(5)
    expect(written.filter((code) => !Object.hasOwn(ERROR_CODES, code))).toEqual([])
  })
})

import { describe, expect, it } from '@jest/globals'
import { parseCommandLine } from '../src/command-line.ts'

describe('the command line', () => {
  it('composes, or checks against a base, in a format', () => {
    expect(parseCommandLine(['compose'], {})).toEqual({ name: 'compose' })
    expect(parseCommandLine(['check'], {})).toEqual({ name: 'check', base: undefined, format: 'text' })
    const all = ['check', '--base', 'origin/main', '--format=json']
    expect(parseCommandLine(all, {})).toEqual({ name: 'check', base: 'origin/main', format: 'json' })
  })

  it('writes for GitHub where its Actions run, unless asked for something else', () => {
    const env = { GITHUB_ACTIONS: 'true' }
    expect(parseCommandLine(['check'], env)).toMatchObject({ format: 'github' })
    expect(parseCommandLine(['check', '--format', 'text'], env)).toMatchObject({ format: 'text' })
    expect(parseCommandLine(['check'], { GITHUB_ACTIONS: '' })).toMatchObject({ format: 'text' })
  })

  it.each([
    [[], 'Usage:'],
    [['inspect'], 'Usage:'],
    [['check', '--against', 'main'], '--against'],
    [['check', '--base'], '--base'],
    [['check', '--base', ''], '--base: needs a ref'],
    [['check', 'main'], 'main: what is that?'],
    [['check', '--format', 'xml'], '--format xml: there is no such format'],
    [['compose', '--base', 'main'], 'Usage:'],
  ])('refuses %j, and says what it takes', (args, message) => {
    expect(() => parseCommandLine(args, {})).toThrow(message)
    expect(() => parseCommandLine(args, {})).toThrow('npm run schema:check [-- --base REF]')
  })
})

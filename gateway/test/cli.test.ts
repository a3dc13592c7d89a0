import { describe, expect, it, jest } from '@jest/globals'
import { helpText } from '../src/cli/help.ts'
import { OPTIONS, parseCommandLine } from '../src/cli/options.ts'
import { loadSettings } from '../src/cli/settings.ts'
import { gatewayVariables } from '../src/config.ts'
import { runProgramToEnd } from './program.ts'

jest.setTimeout(60_000)

describe('the command line', () => {
  it('sets the variables that its options stand for, with = or without', () => {
    const { settings, problems } = parseCommandLine(['--supergraph', 'a.graphql', '--port=0', '--open'])
    expect(problems).toEqual([])
    expect([...settings].map(([name, { text, place }]) => [name, text, place])).toEqual([
      ['SUPERGRAPH_PATH', 'a.graphql', '--supergraph'],
      ['PORT', '0', '--port'],
      ['OPEN_MODE', 'true', '--open'],
    ])
  })

  it.each([
    [['--wrokers', '3'], ['--wrokers: there is no such option; did you mean --workers?']],
    [['--port'], ['--port: needs a value: --port PORT']],
    [['--config='], ['--config: needs a value: --config FILE']],
    [['--open=yes'], ['--open: takes no value']],
    [['supergraph.graphql'], ['supergraph.graphql: is no option; a supergraph is given as --supergraph FILE']],
    [
      ['--grahpql-path=/x', '--hots'],
      [
        '--grahpql-path: there is no such option; did you mean --graphql-path?',
        '--hots: there is no such option; did you mean --host?',
      ],
    ],
  ])('refuses %j', (args, problems) => {
    expect(parseCommandLine(args).problems).toEqual(problems)
  })

  it('knows no option by the name of what every object has', () => {
    expect(parseCommandLine(['--constructor', '--__proto__']).problems).toHaveLength(2)
  })

  it('counts before the environment, which gives way in all its forms', async () => {
    const line = parseCommandLine(['--subgraphs', 'list.json', '--port', '5000'])
    const env = { SUPERGRAPH_PATH: 'a.graphql', PORT_FILE: '/nowhere', PORT: '', GRAPHQL_PATH: '/api' }
    const config = await loadSettings(line, env)
    expect(config.supergraph.source).toEqual({ kind: 'subgraphs', file: 'list.json' })
    expect(config.http).toMatchObject({ port: 5000, graphqlPath: '/api' })
  })

  it('leaves what contradicts itself in one place to be refused', async () => {
    const both = { SUPERGRAPH_PATH: 'a.graphql', SUBGRAPHS_PATH: 'b.json' }
    await expect(loadSettings(parseCommandLine([]), both)).rejects.toThrow('set exactly one of')
    await expect(loadSettings(parseCommandLine(['--supergraph', 'a', '--subgraphs', 'b']), {})).rejects.toThrow(
      'set exactly one',
    )
  })

  it('is explained by its help, which knows every option, and options name variables that there are', () => {
    const help = helpText()
    expect(Object.keys(OPTIONS).filter((name) => !help.includes(`  --${name}`))).toEqual([])
    const variables = Object.values(OPTIONS).flatMap(({ variable }) => variable ?? [])
    expect(variables.filter((variable) => !Object.hasOwn(gatewayVariables.shape, variable))).toEqual([])
    expect(help.split('\n').filter((line) => line.length > 120)).toEqual([])
  })
})

describe('the program', () => {
  it('tells its version and its help on standard output, and ends with 0', async () => {
    const [version, help] = await Promise.all([runProgramToEnd(['--version']), runProgramToEnd(['--open', '-h'])])
    expect(version).toMatchObject({ code: 0, stderr: '' })
    expect(version.stdout).toMatch(/^portico-gateway \d+\.\d+\.\d+\n$/)
    expect(help).toMatchObject({ code: 0, stderr: '' })
    expect(help.stdout).toContain('Exit codes:')
  })

  it('lists mistakes of options and variables at once on standard error, and ends with 2', async () => {
    const { code, stdout, stderr } = await runProgramToEnd(['--grapql-path', '/x', '--port', '99999'], {
      env: { LOG_LEVEL: 'loud', SUPERGRAPH_PATH: 'a' },
    })
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr.trim().split('\n')).toEqual([
      'gateway: The configuration has 3 mistake(s):',
      '  - --grapql-path: there is no such option; did you mean --graphql-path?',
      '  - LOG_LEVEL: must be one of fatal, error, warn, info, debug, trace, silent',
      '  - --port: must be a whole number from 0 to 65535',
    ])
  })

  it('names the option that named a file which can not be read, and ends with 2', async () => {
    const { code, stderr } = await runProgramToEnd(['--supergraph', 'nowhere.graphql'])
    expect(code).toBe(2)
    expect(stderr).toContain("  - --supergraph: nowhere.graphql can't be read")
  })

  it('says what it needs when it is told nothing', async () => {
    const { code, stderr } = await runProgramToEnd([])
    expect(code).toBe(2)
    expect(stderr).toContain('set exactly one of SUPERGRAPH_PATH (--supergraph) and SUBGRAPHS_PATH (--subgraphs)')
  })
})

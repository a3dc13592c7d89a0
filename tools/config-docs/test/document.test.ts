import { resolve } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { commaList, flag, integer, milliseconds, port } from '@portico/service-kit/config'
import { z } from 'zod'
import { describeComposeVariables } from '../src/compose-variables.ts'
import { describeVariables, type Variables } from '../src/describe-variables.ts'
import { writeDocument } from '../src/document.ts'
import { writeFileSchema } from '../src/file-schema.ts'

const ROOT = resolve(import.meta.dirname, '../../..')

describe('the description of variables', () => {
  it('has meaning, value with unit, and default of each', () => {
    const rows = describeVariables(
      {
        TIMEOUT_MS: milliseconds().default(2000).describe('Longest wait.'),
        LEVEL: z.enum(['low', 'high']).optional().describe('How much.'),
        OPEN: flag().default(false).describe('Whether it is open.'),
        URL: z.string().describe('Where it is.'),
        FOLDER: z.string().default(`${ROOT}/.portico`).describe('Where it is kept.'),
        NAMES: z
          .string()
          .transform((text) => new Set([text]))
          .default(new Set(['a', 'b']))
          .describe('Which.'),
      },
      ROOT,
    )
    expect(rows.map(({ name, value, preset, required }) => [name, value, preset, required])).toEqual([
      ['TIMEOUT_MS', 'a whole number of milliseconds from 1 to 3600000', '2000', false],
      ['LEVEL', '`low`, `high`', undefined, false],
      ['OPEN', '`true`, `false`', 'false', false],
      ['URL', 'text', undefined, true],
      ['FOLDER', 'text', '.portico', false],
      ['NAMES', 'text', 'a,b', false],
    ])
    expect(rows[0]?.meaning).toBe('Longest wait.')
  })

  it('shows a default that something else decides in words, in the column of defaults', () => {
    const variables = {
      OPEN: flag().optional().describe('Whether it is open. Default: as the other says, or not at all.'),
    }
    expect(describeVariables(variables, ROOT)).toMatchObject([
      { meaning: 'Whether it is open.', preset: undefined, otherwise: 'as the other says, or not at all' },
    ])
  })

  it.each<{ lacking: string; variables: Variables }>([
    { lacking: 'a meaning', variables: { A: port() } },
    { lacking: 'a unit', variables: { A: integer({ min: 1, max: 2 }).describe('Some.') } },
    { lacking: 'words for what it lists', variables: { A: commaList().describe('Some.') } },
    {
      lacking: 'words for its pattern',
      variables: { A: z.string().regex(/^a+$/, 'must be some a').describe('Some.') },
    },
  ])('is refused while a variable lacks $lacking', ({ variables }) => {
    expect(() => describeVariables(variables, ROOT)).toThrow(/\n {2}- A: say /)
  })

  it('has those that Compose fills in', () => {
    const log = {
      name: 'LOG_LEVEL',
      meaning: 'Least level.',
      value: 'a level',
      preset: 'debug',
      required: false,
    }
    const file = 'ports: ["${PORTICO_PORT:-4000}:4000"]\nLOG_LEVEL: ${LOG_LEVEL:-info}\nshell: $${HOME}'
    expect(describeComposeVariables(file, [log])).toEqual([
      { ...log, preset: 'info' },
      expect.objectContaining({ name: 'PORTICO_PORT', preset: '4000' }),
    ])
    expect(() => describeComposeVariables('${NOBODY_KNOWS}', [log])).toThrow('NOBODY_KNOWS: say')
  })
})

describe('docs/configuration.md', () => {
  it('has every section of the gateway, every process, and nothing of this machine', async () => {
    const document = await writeDocument(ROOT)
    for (const name of ['JWKS_URL', 'SUBGRAPH_TIMEOUT_MS', 'DATABASE_URL', 'SIGNING_KEYS_FOLDER', 'PORTICO_PORT']) {
      expect(document).toContain(`| \`${name}\``)
    }
    expect(document).not.toContain(ROOT)
    // What decides stands in the column of defaults.
    expect(document).toMatch(/^\| `SANDBOX` [^\n]*\| `true` in development, `false` in production +\|$/m)
    expect(document).not.toMatch(/ Default: | unset: /)
    expect(document.match(/^## .*/gm)).toEqual(
      expect.arrayContaining(['## Gateway', '## Subgraphs', '## Docker Compose']),
    )
  })
})

describe('the JSON Schema of the file of settings', () => {
  it('says of every key what it means, must be and defaults to, and that there are no others', async () => {
    const schema = JSON.parse(await writeFileSchema(ROOT)) as { properties: Record<string, unknown> }
    expect(schema).toMatchObject({
      additionalProperties: false,
      properties: {
        http: {
          additionalProperties: false,
          properties: {
            port: {
              description: expect.stringMatching(/^Port to listen on.* Default: 4000\. Variable: PORT\.$/),
              anyOf: [{ type: 'integer', minimum: 0, maximum: 65_535 }, { type: 'string' }],
            },
            csrfPrevention: { anyOf: [{ type: 'boolean' }, { type: 'string' }] },
            corsOrigins: { anyOf: [{ type: 'array', items: { type: 'string' } }, { type: 'string' }] },
          },
        },
        logLevel: { anyOf: [{ enum: expect.arrayContaining(['info', 'warn']) }, { type: 'string' }] },
      },
    })
  })
})

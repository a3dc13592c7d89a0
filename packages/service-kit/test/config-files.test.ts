import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { ConfigError, integer, parseEnvironment, postgresUrl, type Environment } from '@portico/service-kit/config'
import { z } from 'zod'

const variables = z
  .object({
    DATABASE_URL: postgresUrl(),
    KEYS_FILE: z.string().optional(),
    LIMIT: integer({ min: 1, max: 9 }).default(5),
  })
  .superRefine(() => undefined)
  .transform((env) => ({ url: env.DATABASE_URL, keysFile: env.KEYS_FILE, limit: env.LIMIT }))

describe('a variable given as a file', () => {
  let folder: Awaited<ReturnType<typeof mkdtempDisposable>>
  beforeAll(async () => {
    folder = await mkdtempDisposable(join(tmpdir(), 'portico-config-'))
  })
  afterAll(() => folder[Symbol.asyncDispose]())

  async function file(name: string, content: string): Promise<string> {
    const path = join(folder.path, name)
    await writeFile(path, content)
    return path
  }

  function problemsOf(env: Environment): readonly string[] {
    try {
      parseEnvironment(variables, env)
    } catch (error) {
      if (error instanceof ConfigError) return error.problems
      throw error
    }
    return []
  }

  it('is what the file holds, without the white space around it', async () => {
    const url = await file('url', '\n postgresql://users:secret@db:5432/users \r\n')
    const config = parseEnvironment(variables, { DATABASE_URL_FILE: url })
    expect(config).toEqual({ url: 'postgresql://users:secret@db:5432/users', keysFile: undefined, limit: 5 })
  })

  it('is converted and bounded like any other', async () => {
    const url = await file('url', 'postgresql://db/users')
    const env = { DATABASE_URL_FILE: url, LIMIT_FILE: await file('limit', '7\n') }
    expect(parseEnvironment(variables, env).limit).toBe(7)
  })

  it('may hold several lines', async () => {
    const text = z.object({ TEXT: z.string() })
    const env = { TEXT_FILE: await file('text', 'one\ntwo\n') }
    expect(parseEnvironment(text, env)).toEqual({ TEXT: 'one\ntwo' })
  })

  it('contradicts the variable itself', async () => {
    const url = 'postgresql://db/users'
    expect(problemsOf({ DATABASE_URL: url, DATABASE_URL_FILE: await file('url', url) })).toEqual([
      'DATABASE_URL_FILE: contradicts DATABASE_URL; unset one of them',
    ])
  })

  it('counts as given by the file alone when the variable is empty, and as not given when the name is', async () => {
    const url = await file('url', 'postgresql://db/users')
    expect(problemsOf({ DATABASE_URL: '', DATABASE_URL_FILE: url })).toEqual([])
    expect(problemsOf({ DATABASE_URL: 'postgresql://db/users', DATABASE_URL_FILE: '' })).toEqual([])
  })

  it('is a mistake that names the file when it can not be read, beside all others', async () => {
    const missing = join(folder.path, 'nowhere')
    expect(problemsOf({ DATABASE_URL_FILE: missing, LIMIT_FILE: folder.path, KEYS_FILE_FILE: '' })).toEqual([
      `DATABASE_URL_FILE: ${missing} can't be read (ENOENT)`,
      `LIMIT_FILE: ${folder.path} can't be read (EISDIR)`,
    ])
    expect(problemsOf({ DATABASE_URL_FILE: missing, LIMIT: 'many' })).toEqual([
      `DATABASE_URL_FILE: ${missing} can't be read (ENOENT)`,
      'LIMIT: must be a whole number from 1 to 9',
    ])
  })

  it('is a mistake when the file is empty, also where there is a default', async () => {
    const empty = await file('empty', ' \n')
    expect(problemsOf({ DATABASE_URL: 'postgresql://db/users', LIMIT_FILE: empty })).toEqual([
      `LIMIT_FILE: ${empty} is empty`,
    ])
  })

  it('is named by its file when what it holds is wrong, and what it holds stays unsaid', async () => {
    const wrong = await file('wrong', 'mysql://root:hunter2@db')
    const problems = problemsOf({ DATABASE_URL_FILE: wrong })
    expect(problems).toEqual([
      `DATABASE_URL_FILE: what ${wrong} holds must look like postgresql://user:password@host:5432/database`,
    ])
  })

  it('does not concern variables that end in _FILE by themselves, or that nobody knows', async () => {
    const env = {
      DATABASE_URL: 'postgresql://db/users',
      KEYS_FILE: '/nowhere/keys.json',
      SSL_CERT_FILE: '/nowhere/certificates.pem',
    }
    expect(parseEnvironment(variables, env).keysFile).toBe('/nowhere/keys.json')
    expect(parseEnvironment(variables, { ...env, KEYS: 'of something else' }).keysFile).toBe('/nowhere/keys.json')
  })
})

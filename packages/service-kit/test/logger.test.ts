import { describe, expect, it } from '@jest/globals'
import { createLogger, logLevelFrom } from '@portico/service-kit/logger'

const SECRET = 's3cr3t'
const SECRETS = {
  authorization: SECRET,
  cookie: SECRET,
  'set-cookie': SECRET,
  password: SECRET,
  currentPassword: SECRET,
  newPassword: SECRET,
  token: SECRET,
  accessToken: SECRET,
  refreshToken: SECRET,
  'x-portico-identity': SECRET,
}
const REDACTED = Object.fromEntries(Object.keys(SECRETS).map((name) => [name, '[redacted]']))

function createTestLogger(level = 'info') {
  const lines: string[] = []
  const log = createLogger({ service: 'users', level }, { write: (line) => void lines.push(line) })
  return { log, lines, last: (): unknown => JSON.parse(lines.at(-1) ?? '') }
}

describe('a log line', () => {
  it('is JSON with the service, the level by name and the time', () => {
    const { log, last } = createTestLogger()
    log.warn({ subgraph: 'users' }, 'subgraph unavailable')
    expect(last()).toEqual({
      level: 'warn',
      service: 'users',
      subgraph: 'users',
      msg: 'subgraph unavailable',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    })
  })

  it('never holds a secret, itself or up to two levels deep, also in a list', () => {
    const { log, lines, last } = createTestLogger()
    log.info(SECRETS, 'itself')
    expect(last()).toMatchObject(REDACTED)
    log.info({ headers: SECRETS }, 'one deep')
    expect(last()).toMatchObject({ headers: REDACTED })
    log.info({ request: { headers: SECRETS }, sessions: [SECRETS] }, 'two deep')
    expect(last()).toMatchObject({ request: { headers: REDACTED }, sessions: [REDACTED] })
    log.child({ headers: SECRETS }).info('of a child')
    expect(last()).toMatchObject({ headers: REDACTED })
    log
      .child({})
      .child({ request: { headers: SECRETS } }, { level: 'info' })
      .info('of a child of a child')
    expect(last()).toMatchObject({ request: { headers: REDACTED } })
    const bound = log.child({})
    bound.setBindings(SECRETS)
    bound.info('bound later')
    expect(last()).toMatchObject(REDACTED)
    expect(lines.join()).not.toContain(SECRET)
  })

  it('leaves what it was given as it was', () => {
    const { log } = createTestLogger()
    const given = { request: { headers: { ...SECRETS } }, sessions: [{ token: SECRET }], err: new Error('no') }
    const before = structuredClone(given)
    log.child(given).info(given, 'given')
    expect(given).toEqual(before)
  })

  it('below the level is not written', () => {
    const { log, lines } = createTestLogger('warn')
    log.info('not worth a line')
    expect(lines).toEqual([])
  })

  it('of an error has its code, stack and cause, and nothing that a driver hangs on it', () => {
    const { log, lines, last } = createTestLogger()
    const cause = Object.assign(new Error('no route'), { code: 'EHOSTUNREACH', connection: { url: SECRET } })
    log.error({ err: Object.assign(new TypeError('starting failed', { cause }), { client: SECRET }) }, 'failed')
    const stack = expect.stringContaining('logger.test.ts')
    expect(last()).toMatchObject({
      err: {
        type: 'TypeError',
        message: 'starting failed',
        stack,
        cause: { type: 'Error', message: 'no route', code: 'EHOSTUNREACH', stack },
      },
    })
    const failure = Object.assign(new Error('elsewhere'), { client: SECRET })
    log.child({ failure }).info({ attempts: [failure] }, 'under another name')
    expect(last()).toMatchObject({ failure: { message: 'elsewhere' }, attempts: [{ message: 'elsewhere' }] })
    log.child({ err: failure }).warn(failure)
    expect(last()).toMatchObject({ err: { type: 'Error' }, msg: 'elsewhere' })
    expect(lines.join()).not.toContain(SECRET)
  })
})

describe('the level that LOG_LEVEL names', () => {
  it('is info when it names none, so that what says so is logged', () => {
    expect(['debug', 'silent', 'loud', '', 'toString'].map((level) => logLevelFrom({ LOG_LEVEL: level }))).toEqual([
      'debug',
      'silent',
      'info',
      'info',
      'info',
    ])
    expect(logLevelFrom({})).toBe('info')
  })
})

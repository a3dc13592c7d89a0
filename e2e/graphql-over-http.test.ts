import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { loadConfig } from '@portico/gateway/config'
import { startGateway, type Gateway } from '@portico/gateway/gateway'
import { createLogger } from '@portico/service-kit/logger'
import { serverAudits } from 'graphql-http'

/** The audits that send a query as a page of any origin could make a browser send it: a bare GET. */
const BARE_GETS = ['5A70', 'D6D5', '6A70']

/** The gateway alone: no audit asks for anything that a subgraph would be asked for. */
function startAudited(csrfPrevention: boolean): Promise<Gateway> {
  const config = loadConfig({
    NODE_ENV: 'development',
    PORT: '0',
    ADMIN_PORT: '0',
    DRAIN_DELAY_MS: '0',
    EXPLORER: 'false',
    SUBGRAPHS_PATH: join(import.meta.dirname, '../schema/subgraphs.json'),
    CSRF_PREVENTION: String(csrfPrevention),
  })
  return startGateway(config, { log: createLogger({ service: 'gateway', level: 'silent' }) })
}

async function audit({ url }: Gateway) {
  const audits = serverAudits({ url: url.href })
  expect(audits).toHaveLength(61)
  const results = await Promise.all(audits.map(({ fn }) => fn()))
  return results.filter((result) => result.status !== 'ok')
}

describe('GraphQL over HTTP', () => {
  it('passes all 61 audits of graphql-http, without the prevention of forged requests', async () => {
    await using gateway = await startAudited(false)
    const failed = await audit(gateway)
    expect(failed.map(({ id, name, reason }) => `${id} ${name}: ${reason}`)).toEqual([])
  })

  it('passes all but the three about a bare GET with it; these are refused as possible forgeries', async () => {
    await using gateway = await startAudited(true)
    const failed = await audit(gateway)
    expect(failed.map(({ id }) => id)).toEqual(BARE_GETS)
    for (const { response } of failed) {
      expect(response.status).toBe(400)
      expect(await response.clone().json()).toMatchObject({
        errors: [
          { message: expect.stringContaining('Cross-Site Request Forgery'), extensions: { code: 'BAD_REQUEST' } },
        ],
      })
    }
  })
})

import { describe, expect, it } from '@jest/globals'
import { DEADLINE_HEADER, deadlineFrom } from '@portico/service-kit/deadline'
import { startTestInventory } from './inventory-subgraph/test-inventory.ts'

describe('a caller that says how long it waits', () => {
  it('is not served when it waits no longer', async () => {
    await using inventory = await startTestInventory()
    const headers = await inventory.headers()
    const late = await inventory.post('{ misplaced { id } }', { ...headers, [DEADLINE_HEADER]: '0' })
    expect(late.status).toBe(504)
    expect(late.errors).toMatchObject([{ extensions: { code: 'DEADLINE_EXCEEDED' } }])
    // The resolver would have failed, which is logged.
    expect(inventory.lines.filter(({ msg }) => msg === 'resolver failed')).toEqual([])
  })

  it.each(['60000', 'soon', '-1', ''])('is served as long as it waits, or when nobody can tell: %j', async (value) => {
    await using inventory = await startTestInventory()
    const headers = { ...(await inventory.headers()), [DEADLINE_HEADER]: value }
    expect(await inventory.post('{ part(id: "valve-1") { id } }', headers)).toMatchObject({ status: 200, errors: [] })
  })

  it('is believed only beside a valid identity', async () => {
    await using inventory = await startTestInventory()
    expect(await inventory.post('{ __typename }', { [DEADLINE_HEADER]: '0' })).toMatchObject({ status: 401 })
  })

  it('sets a point in time that no clock of the machine moves', () => {
    const before = performance.now()
    const deadline = deadlineFrom('500')
    expect(deadline).toBeGreaterThanOrEqual(before + 500)
    expect(deadline).toBeLessThanOrEqual(performance.now() + 500)
    expect(deadlineFrom(undefined)).toBe(Infinity)
  })
})

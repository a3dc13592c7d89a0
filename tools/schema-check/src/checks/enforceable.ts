import { readAccess } from '../access.ts'
import { createDefinitions } from '../definitions.ts'
import { uniqueLocations, type Finding } from '../finding.ts'
import type { Check } from './check.ts'

/** What the gateway refuses to start with, because it could not enforce it. */
export const checkEnforceable: Check = ({ now }) => {
  if (!now.composed) return []
  const access = readAccess(now.composed)
  if (!Array.isArray(access)) return []
  const definitions = createDefinitions(now.subgraphs)
  return access.map((message): Finding => {
    const mentioned = [...message.matchAll(/\w+(\.\w+)?/g)].flatMap(([coordinate]) => definitions.at(coordinate))
    return {
      check: 'directives',
      severity: 'error',
      code: 'GATEWAY_REFUSES',
      message,
      locations: uniqueLocations(mentioned),
    }
  })
}

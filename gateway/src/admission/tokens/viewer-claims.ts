import { PLANS, type PlanName, type SignedInViewer } from '@portico/service-kit/viewer'
import type { ClaimPath } from '../../config/claim-path.ts'
import type { ClaimPaths } from '../../config/tokens.ts'

/** A token that is genuine says something of its viewer that can't be used. */
export class ClaimError extends Error {
  override readonly name = 'ClaimError'
}

/** Ids and names of scopes and roles: what logs, databases and headers can hold. */
const NAME = /^\P{Cc}{1,255}$/u
/** All of a viewer as JSON. The identity envelope carries it to subgraphs in a header. */
const LARGEST_VIEWER_BYTES = 4096

/**
 * What a verified token says of its viewer. Claims that are absent give nothing; an unknown plan is `FREE`.
 *
 * @throws ClaimError when the id is missing, a claim has another shape, or there is too much of it.
 */
export function viewerFrom(payload: Readonly<Record<string, unknown>>, paths: ClaimPaths): SignedInViewer {
  const id = claimAt(payload, paths.id)
  if (typeof id !== 'string' || !NAME.test(id)) throw new ClaimError(`${paths.id.join('.')} is no id`)
  const viewer: SignedInViewer = {
    kind: 'user',
    id,
    roles: namesAt(payload, paths.roles, (role) => [role]),
    scopes: namesAt(payload, paths.scopes, (scopes) => scopes.split(' ').filter(Boolean)),
    plan: toPlan(claimAt(payload, paths.plan)),
  }
  if (Buffer.byteLength(JSON.stringify(viewer)) > LARGEST_VIEWER_BYTES) {
    throw new ClaimError(`id, scopes and roles have more than ${LARGEST_VIEWER_BYTES} bytes together`)
  }
  return viewer
}

function claimAt(payload: Readonly<Record<string, unknown>>, path: ClaimPath | undefined): unknown {
  if (!path) return undefined
  let value: unknown = payload
  for (const name of path) {
    if (!isObject(value) || !Object.hasOwn(value, name)) return undefined
    value = value[name]
  }
  return value ?? undefined
}

function namesAt(
  payload: Readonly<Record<string, unknown>>,
  path: ClaimPath | undefined,
  split: (text: string) => string[],
): string[] {
  const claim = claimAt(payload, path)
  if (claim === undefined) return []
  const names: unknown[] = typeof claim === 'string' ? split(claim) : Array.isArray(claim) ? claim : [claim]
  const wellFormed = names.filter((name): name is string => typeof name === 'string' && NAME.test(name))
  if (wellFormed.length < names.length) throw new ClaimError(`${path?.join('.')} holds something that is no name`)
  return wellFormed
}

function toPlan(claim: unknown): PlanName {
  return PLANS.find((plan) => plan === claim) ?? 'FREE'
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

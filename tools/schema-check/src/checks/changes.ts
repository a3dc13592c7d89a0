import { CriticalityLevel, diff, type Change } from '@graphql-inspector/core'
import { z } from 'zod'
import { newApprovals, parseApprovals, type Approval } from '../approvals.ts'
import { createDefinitions } from '../definitions.ts'
import type { Finding, Location } from '../finding.ts'
import { APPROVALS_FILE, OPERATIONS_FOLDER, type Snapshot } from '../snapshot.ts'
import { createUsers } from '../usage.ts'
import type { Base, Check } from './check.ts'

const SEVERITIES = {
  [CriticalityLevel.Breaking]: 'error',
  [CriticalityLevel.Dangerous]: 'warning',
  [CriticalityLevel.NonBreaking]: 'notice',
} as const

/** Clients find in the schema what they found there at the base, or it is approved that they do not. */
export const checkChanges: Check = async ({ now, base }) => {
  const { approvals, findings } = readApprovals(now)
  if (!base || !now.composed) return findings
  const { at, ref } = base
  if ('problem' in at || !at.composed) return [...findings, describeUnusable(base)]

  const counting = newApprovals(approvals, readApprovals(at).approvals)
  const usersOf = createUsers(at.composed.apiSchema, at.operations)
  const locate = createLocator(now, at)
  const changes = await diff(at.composed.apiSchema, now.composed.apiSchema)
  const described = withoutTrifles(changes).map((change): Finding => {
    const { path, message } = change
    const code = String(change.type)
    const severity = SEVERITIES[change.criticality.level]
    const finding = {
      check: 'changes' as const,
      severity,
      code,
      message: `${message}.`,
      locations: path === undefined ? [] : locate(path),
      ...(path === undefined ? {} : { coordinate: path }),
    }
    if (severity !== 'error') return finding
    const usedBy = path === undefined ? [] : usersOf(dependedOn(change, path))
    const approved = counting.find((approval) => approval.change === message)?.reason
    if (approved !== undefined) return { ...finding, usedBy, severity: 'notice', approved }
    return { ...finding, usedBy, message: `${message}. ${describeUsage(usedBy, ref)}\n${howToApprove(message, now)}` }
  })
  return [...findings, ...described]
}

function readApprovals({ approvalsText }: Snapshot): { approvals: Approval[]; findings: Finding[] } {
  try {
    return { approvals: parseApprovals(approvalsText), findings: [] }
  } catch (error) {
    const message = `${APPROVALS_FILE} approves nothing: ${error instanceof Error ? error.message : String(error)}`
    const locations = [{ file: APPROVALS_FILE }]
    const finding = { check: 'changes', severity: 'error', code: 'APPROVALS_INVALID', message, locations } as const
    return { approvals: [], findings: [finding] }
  }
}

function describeUnusable({ ref, commit, at }: Base): Finding {
  const problem = 'problem' in at ? at.problem : (at.errors[0]?.message ?? 'it does not compose')
  const message = `Nothing was compared: ${ref} (${commit.slice(0, 10)}) has no graph to compare with: ${problem}`
  return { check: 'changes', severity: 'warning', code: 'BASE_UNUSABLE', message, locations: [] }
}

/** Leaves out descriptions, and what follows from another change: what is in a new type, the directive of a deprecation. */
function withoutTrifles(changes: readonly Change[]): Change[] {
  const added = new Set(
    changes.filter(({ type }) => type === 'TYPE_ADDED' || type === 'FIELD_ADDED').map(({ path }) => path),
  )
  return changes.filter(({ type, path = '', criticality }) => {
    if (String(type).includes('_DESCRIPTION_')) return false
    if (String(type).startsWith('DIRECTIVE_USAGE_') && path.includes('.@deprecated')) return false
    if (criticality.level === CriticalityLevel.Breaking) return true
    return !parents(path).some((parent) => added.has(parent))
  })
}

/** `a.b` and `a` of `a.b.c`. */
function parents(path: string): string[] {
  const at = path.lastIndexOf('.')
  return at === -1 ? [] : [path.slice(0, at), ...parents(path.slice(0, at))]
}

/** From what graphql-inspector says of a union that has lost a member: the member. */
const removedMember = z
  .object({ removedUnionMemberTypeName: z.string() })
  .transform(({ removedUnionMemberTypeName }) => removedUnionMemberTypeName)

/**
 * What an operation that a breaking change breaks depends on at the base: of an argument or input field that is new or
 * has another type also those break that do not give it, since it may be required now; without a member of a union only
 * those break that select it there.
 */
function dependedOn({ type, meta }: Change, path: string): string {
  if (type === 'UNION_MEMBER_REMOVED') return `${path}.${removedMember.parse(meta)}`
  return /^(FIELD_ARGUMENT|INPUT_FIELD)_(ADDED|TYPE_CHANGED)$/.test(String(type)) ? (parents(path)[0] ?? path) : path
}

function describeUsage(files: readonly string[], ref: string): string {
  if (files.length === 0) return `No operation of ${OPERATIONS_FOLDER} in ${ref} uses it.`
  return `Used in ${ref} by ${files.join(', ')}.`
}

function howToApprove(change: string, { approvalsText }: Snapshot): string {
  const approval = `{ "change": ${JSON.stringify(change)}, "reason": "…" }`
  return approvalsText === undefined
    ? `If it is meant, approve it in a new file ${APPROVALS_FILE}: [${approval}]`
    : `If it is meant, approve it by adding to the list in ${APPROVALS_FILE}: ${approval}`
}

/** Finds the definition of a coordinate, or, when it is gone, of what it belonged to in the files that defined it. */
function createLocator(now: Snapshot, at: Snapshot): (coordinate: string) => readonly Location[] {
  const present = createDefinitions(now.subgraphs)
  const past = createDefinitions(at.subgraphs)
  return (coordinate) => {
    const found = present.at(coordinate)
    if (found.length > 0) return found
    const files = new Set(past.at(coordinate).map(({ file }) => file))
    const around = parents(coordinate).flatMap((parent) => present.at(parent).filter(({ file }) => files.has(file)))
    return around.length > 0 ? around.slice(0, 1) : [...files].map((file) => ({ file }))
  }
}

import { loadBase } from './base.ts'
import { checkAccess } from './checks/access.ts'
import { checkChanges } from './checks/changes.ts'
import type { Check } from './checks/check.ts'
import { checkComposition } from './checks/composition.ts'
import { checkDirectives } from './checks/directives.ts'
import { checkEnforceable } from './checks/enforceable.ts'
import { checkOperations } from './checks/operations.ts'
import { checkSupergraphFile } from './checks/supergraph-file.ts'
import type { Finding } from './finding.ts'
import { workingTree } from './repository.ts'
import { loadSnapshot } from './snapshot.ts'

const CHECKS: readonly Check[] = [
  checkComposition,
  checkDirectives,
  checkEnforceable,
  checkSupergraphFile,
  checkOperations,
  checkChanges,
  checkAccess,
]

/** What a run has found; `--format json` prints it as it is. */
export interface Report {
  /** False when a finding is an error. */
  ok: boolean
  /** What the working tree was compared with; null when nothing was asked for. */
  base: { ref: string; commit: string } | null
  /** How much was looked at. */
  checked: { subgraphs: number; operations: number }
  counts: Record<Finding['severity'], number>
  findings: readonly Finding[]
}

export interface CheckOptions {
  /** The folder that holds `schema/`. */
  root: string
  /** The git ref to compare with, such as `main`. */
  base?: string | undefined
}

/**
 * Runs every check on a working tree.
 *
 * @throws UsageError when the base can't be found.
 * @throws ConfigError when the list of subgraphs, or an SDL file that it names, is missing or malformed.
 */
export async function checkSchema({ root, base: ref }: CheckOptions): Promise<Report> {
  const now = await loadSnapshot(workingTree(root))
  const base = ref === undefined ? undefined : await loadBase(root, ref)
  const found = await Promise.all(CHECKS.map(async (check) => check({ now, base })))
  const findings = found.flat()
  const count = (severity: Finding['severity']) => findings.filter((finding) => finding.severity === severity).length
  const counts = { error: count('error'), warning: count('warning'), notice: count('notice') }
  return {
    ok: counts.error === 0,
    base: base ? { ref: base.ref, commit: base.commit } : null,
    checked: { subgraphs: now.subgraphs.length, operations: now.operations.length },
    counts,
    findings,
  }
}

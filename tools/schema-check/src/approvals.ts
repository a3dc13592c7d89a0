import { z } from 'zod'

const approvals = z.array(z.strictObject({ change: z.string().min(1), reason: z.string().min(1) }))

/** A breaking change that is meant: its message as the check prints it, and why clients can live with it. */
export type Approval = z.infer<typeof approvals>[number]

/**
 * Parses the text of the file of approved changes; no file approves nothing.
 *
 * @throws Error that says what is wrong with it.
 */
export function parseApprovals(text: string | undefined): Approval[] {
  if (text === undefined) return []
  const result = approvals.safeParse(JSON.parse(text))
  if (result.success) return result.data
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.') || 'the list'}: ${message}`)
  throw new Error(problems.join('; '))
}

/**
 * Those approvals that are not in an earlier version of the file already: one counts for the change that it came with,
 * so that it can stay in the file without approving the same change again.
 */
export function newApprovals(now: readonly Approval[], before: readonly Approval[]): Approval[] {
  const known = new Set(before.map(({ change, reason }) => JSON.stringify([change, reason])))
  return now.filter(({ change, reason }) => !known.has(JSON.stringify([change, reason])))
}

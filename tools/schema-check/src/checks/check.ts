import type { Finding } from '../finding.ts'
import type { Snapshot } from '../snapshot.ts'

/** What a check is given. */
export interface CheckInput {
  /** The working tree. */
  now: Snapshot
  /** What it is compared with, if anything. */
  base: Base | undefined
}

/** An earlier point of the history. */
export interface Base {
  /** As it was asked for, such as `main`. */
  ref: string
  /** Where the history of HEAD leaves it. */
  commit: string
  /** What the repository held there, or why that is not known. */
  at: Snapshot | { problem: string }
}

/** Looks at one aspect; checks know nothing of each other, and each returns everything that it finds. */
export type Check = (input: CheckInput) => readonly Finding[] | Promise<readonly Finding[]>

import type { ClientAnswer } from './answer.ts'

interface Refusal {
  name: string
  explanation: string
  message: RegExp
}

/** What the gateway refuses with an error that says why, where the planner would have it answer wrongly or never. */
export const REFUSALS: readonly Refusal[] = [
  {
    name: 'mutation twice',
    explanation:
      'The planner fetches a root field of a mutation once for each condition that it has, with others between: it would be done twice, or too early.',
    message: /would be done (twice|too early)/,
  },
  {
    name: 'requirement of a requirement',
    explanation:
      'One subgraph requires of another what that one requires of the first, and the object comes from the other: the planner asks it for the field without what it requires.',
    message: /would be asked for without what it requires/,
  },
  {
    name: 'planning takes too long',
    explanation: 'Choices multiply: interface objects in interface objects, shared fields of many subgraphs.',
    message: /it takes more than \d+ ms|memory|Too many operations wait/,
  },
]

/** The name of the known refusal that an answer is; undefined: it is none. */
export function refusalOf({ data, errors }: ClientAnswer): string | undefined {
  if (data !== undefined || errors.length !== 1) return undefined
  return REFUSALS.find(({ message }) => message.test(errors[0]?.message ?? ''))?.name
}

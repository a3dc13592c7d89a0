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
      'The planner fetches a root field of a mutation once for each condition that it has, with others between: it would be done twice.',
    message: /would be done twice/,
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

import type { FormattedExecutionResult } from 'graphql'

const TEXT = Symbol('the text of the whole answer')

/** Stands for `data` on its way through Apollo Server, and holds the text of the whole answer. */
type AnswerText = Record<string, unknown> & { [TEXT]: string }

/** An answer whose text is written already, as Apollo Server passes it on. */
export function resultOf(text: string): FormattedExecutionResult {
  const data: AnswerText = { [TEXT]: text }
  return { data }
}

/** Apollo Server's `stringifyResult`. */
export function writeAnswer(result: FormattedExecutionResult): string {
  const { data } = result
  return data && isAnswerText(data) ? data[TEXT] : JSON.stringify(result)
}

function isAnswerText(data: Record<string, unknown>): data is AnswerText {
  return TEXT in data
}

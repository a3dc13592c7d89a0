import { z } from 'zod'

/** The GraphQL type `ValidationError`, with its `__typename` for the unions it is part of. */
export interface ValidationError {
  __typename: 'ValidationError'
  code: 'VALIDATION_FAILED'
  message: string
  issues: { path: string[]; message: string }[]
}

/** An expected failure that says everything that is wrong, each with the path of the input that it is about. */
export function validationError(issues: ValidationError['issues']): ValidationError {
  return { __typename: 'ValidationError', code: 'VALIDATION_FAILED', message: 'The input has mistakes.', issues }
}

/** Either the input as its schema makes it, or the `ValidationError` to answer with. */
export type Validated<T> = { ok: true; value: T } | { ok: false; error: ValidationError }

/** Checks an input with a zod schema; `prefix` is the path of the input among the field's arguments. */
export function validate<T>(schema: z.ZodType<T>, input: unknown, prefix: readonly string[] = []): Validated<T> {
  const result = schema.safeParse(input)
  if (result.success) return { ok: true, value: result.data }
  const issues = result.error.issues.map((issue) => ({
    path: [...prefix, ...issue.path.map(String)],
    message: issue.message,
  }))
  return { ok: false, error: validationError(issues) }
}

/**
 * Nothing of Unicode's category "other" (control, format, surrogate, private, unassigned), no line or paragraph
 * separator; but for the joiners that emoji and several scripts are written with, between what they join.
 */
const VISIBLE = /^(?:[^\p{C}\p{Zl}\p{Zp}]|(?<=[^\p{C}\p{Z}])[\u200c\u200d](?=[^\p{C}\p{Z}]))*$/u

/** Adds to a schema of text that it holds no invisible characters: neither to look empty, nor to look like another. */
const visible = (text: z.ZodString): z.ZodString => text.regex(VISIBLE, 'must not hold invisible characters')

/** A line of text that a person wrote, trimmed: 1 to `most` characters, none of them invisible. */
export const line = (most: number) =>
  visible(z.string().trim().min(1, 'must not be empty').max(most, `must be at most ${most} characters`))

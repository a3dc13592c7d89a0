import { z } from 'zod'

/** The names that lead to a claim inside a token, outermost first. */
export type ClaimPath = readonly string[]

const MUST_BE =
  'a claim such as scope, realm_access.roles, https://example.com/roles or ["resource_access","my.app","roles"]'

/**
 * Reads where a claim is found. Dots lead into objects, as in `realm_access.roles`; a name that holds `://` is taken
 * whole, since issuers name their own claims by addresses; and a JSON list of names says everything else.
 */
export function claimPath() {
  return z
    .string()
    .transform((text, context): ClaimPath => {
      const path = namesIn(text.trim())
      if (path) return path
      context.addIssue(`must be ${MUST_BE}`)
      return z.NEVER
    })
    .meta({ mustBe: 'a name, a path with dots, or a JSON list of names' })
}

function namesIn(text: string): ClaimPath | undefined {
  const path = text.startsWith('[') ? listIn(text) : text.includes('://') ? [text] : text.split('.')
  return path && path.length > 0 && path.every((name) => name.trim() !== '') ? path : undefined
}

function listIn(text: string): ClaimPath | undefined {
  try {
    return z.array(z.string()).parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * Ids are opaque to callers, so a text that is none of ours is simply an id that nothing has: look it up only when it
 * could exist, instead of letting the database refuse its syntax.
 */
export function isId(text: string): boolean {
  return UUID.test(text)
}

/**
 * The viewer's id as a column of ids can hold it, to write down who did something: null when the viewer comes from
 * another issuer, whose ids no account of ours can have.
 */
export function actorOf(viewerId: string): string | null {
  return isId(viewerId) ? viewerId : null
}

/** PostgreSQL has no text with a NUL, and refuses one: nothing that it keeps can be called so. */
export function isStorable(text: string): boolean {
  return !text.includes('\0')
}

import { Kind, type DirectiveNode } from 'graphql'

/** When a selection is included: when each of some variables is true, or false. */
export interface Condition {
  /** The variables, each after a `+` where it must be true and a `-` where it must not. */
  readonly literals: ReadonlySet<string>
  /** The same for the same literals. */
  readonly key: string
}

export const ALWAYS: Condition = { literals: new Set(), key: '' }

/** Both at once; undefined: that is never. */
export function both(one: Condition, other: Condition): Condition | undefined {
  if (implies(one, other)) return one
  const literals = [...new Set([...one.literals, ...other.literals])].toSorted()
  const all = new Set(literals)
  if (literals.some((literal) => all.has(opposite(literal)))) return undefined
  return { literals: all, key: literals.join(' ') }
}

/** Whether the second holds wherever the first does. */
export function implies(one: Condition, other: Condition): boolean {
  return [...other.literals].every((literal) => one.literals.has(literal))
}

/** What `@skip` and `@include` make of a condition; undefined: never. */
export function narrowedBy(condition: Condition, directives: readonly DirectiveNode[] = []): Condition | undefined {
  let narrowed: Condition | undefined = condition
  for (const { name, arguments: [argument] = [] } of directives) {
    if (!argument || !narrowed || (name.value !== 'skip' && name.value !== 'include')) continue
    const isInclude = name.value === 'include'
    const { value } = argument
    if (value.kind === Kind.VARIABLE) narrowed = both(narrowed, single(`${isInclude ? '+' : '-'}${value.name.value}`))
    else if (value.kind === Kind.BOOLEAN && value.value !== isInclude) narrowed = undefined
  }
  return narrowed
}

function single(literal: string): Condition {
  return { literals: new Set([literal]), key: literal }
}

function opposite(literal: string): string {
  return (literal.startsWith('+') ? '-' : '+') + literal.slice(1)
}

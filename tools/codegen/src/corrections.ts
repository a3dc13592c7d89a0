/**
 * Puts right two things that the generator says of its types and that do not hold when a query runs. It has no option
 * for either.
 * @throws Error when the generator writes something else than what is corrected here
 */
export function corrected(generated: string): string {
  return withOptionalRequirements(withNullableDefaults(generated))
}

// A nullable argument with a default is never undefined, but it is null when the client sends null.
function withNullableDefaults(generated: string): string {
  const claim = '{ [P in K]-?: NonNullable<T[P]> }'
  if (generated.includes('RequireFields<') && !generated.includes(claim)) throw changed('RequireFields')
  return generated.replace(claim, '{ [P in K]-?: Exclude<T[P], undefined> }')
}

// A reference holds the fields that @requires names only when the query selects a field that requires them. The union
// that should say so begins with a type whose every property is `never`, and so always holds them.
function withOptionalRequirements(generated: string): string {
  const result = generated.replaceAll(
    /\( Record<PropertyKey, never>((?:\s+\| GraphQLRecursivePick<.*>)+) \)/g,
    (_, picks: string) => `Partial<${picks.replace('|', '').replaceAll('|', '&').trim()}>`,
  )
  if (/[(&] Record<PropertyKey, never>\s+\|/.test(result)) throw changed('the reference of a type with @requires')
  return result
}

function changed(what: string): Error {
  return new Error(`The generator no longer writes ${what} as expected: review tools/codegen/src/corrections.ts`)
}

/** Remembers what a function returned for each name, undefined as well. */
export function memoized<Value>(read: (name: string) => Value): (name: string) => Value {
  const known = new Map<string, Value>()
  return (name) => {
    const found = known.get(name)
    if (found !== undefined || known.has(name)) return found as Value
    const value = read(name)
    known.set(name, value)
    return value
  }
}

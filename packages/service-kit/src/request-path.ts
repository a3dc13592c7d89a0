/** The path of a request's address: without the query string, which may hold anything. */
export function pathOf(url = '/'): string {
  const end = url.search(/[?#]/)
  return end < 0 ? url : url.slice(0, end)
}

/** The path of a request's address: without the query string, which may hold anything. */
export function pathOf(url: string | undefined): string {
  return (url ?? '/').replace(/[?#].*/s, '')
}

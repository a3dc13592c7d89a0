/** Lines in a form in which two orders of the same are equal. */
export function linesOf(lines: readonly { variantId: string; quantity: number }[]): string[] {
  return lines.map(({ variantId, quantity }) => `${quantity} of ${variantId}`).toSorted()
}

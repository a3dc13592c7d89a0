/** The words of a text that separates them by commas. */
export function words(text: string): string[] {
  return text.split(',').map((word) => word.trim())
}

/** A text in the letters that slugs and email addresses are made of: "Crème Brûlée" → "creme-brulee". */
export function slugOf(text: string): string {
  return text
    .normalize('NFD')
    .replaceAll(/\p{Mark}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
}

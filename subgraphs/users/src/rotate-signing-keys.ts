import { createSigningKey, removeRetiredKeys } from './signing-keys.ts'

/** A new key is published this long before it signs, so that every verifier has fetched it by then. */
const PUBLISH_BEFORE_S = 300

/**
 * Adds a signing key to the folder, which signs in five minutes (`--now`: at once), and removes those whose last token
 * has expired. Running subgraphs notice by themselves. Returns what to tell the operator.
 *
 * @throws Error that says what is wrong with the arguments.
 */
export async function rotateSigningKeys(
  { folder, tokenLifetimeS }: { folder: string; tokenLifetimeS: number },
  args: readonly string[],
): Promise<string> {
  const unknown = args.find((argument) => argument !== '--now')
  if (unknown !== undefined) throw new Error(`Unknown argument ${unknown}. Usage: npm run users:rotate-keys [-- --now]`)
  const signsFrom = new Date(Date.now() + (args.includes('--now') ? 0 : PUBLISH_BEFORE_S * 1000))
  const kid = await createSigningKey(folder, signsFrom)
  const removed = await removeRetiredKeys(folder, tokenLifetimeS)
  return [
    `Key ${kid} signs from ${signsFrom.toISOString()} on, in ${folder}.`,
    ...removed.map((old) => `Key ${old} is retired and was removed.`),
  ].join('\n')
}

/**
 * Tells on stderr what is being done and for how long, in place on a terminal and line by line elsewhere.
 * @template T
 * @param {string} doing such as `Installing packages`
 * @param {() => Promise<T>} work
 */
export async function withProgress(doing, work) {
  const { stderr } = process
  const began = Date.now()
  const seconds = () => `${Math.round((Date.now() - began) / 1000)} s`

  stderr.write(stderr.isTTY ? doing : `${doing} ...\n`)
  const ticker = stderr.isTTY
    ? setInterval(() => stderr.write(`\r${doing} ... ${seconds()}`), 1_000)
    : setInterval(() => stderr.write(`  still at it after ${seconds()}\n`), 10_000)
  try {
    const result = await work()
    clearInterval(ticker)
    stderr.write(stderr.isTTY ? `\r${doing}: done in ${seconds()}\n` : `  done in ${seconds()}\n`)
    return result
  } catch (error) {
    clearInterval(ticker)
    if (stderr.isTTY) stderr.write('\n')
    throw error
  }
}

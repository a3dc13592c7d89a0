/** A failure that its message explains to the person at the terminal; printed without a stack. */
export class BootstrapError extends Error {
  /**
   * @param {string} message what is wrong and what to do
   * @param {number} [exitCode]
   */
  constructor(message, exitCode = 1) {
    super(message)
    this.name = 'BootstrapError'
    this.exitCode = exitCode
  }
}

/**
 * Whether the operating system reported this error.
 * @param {unknown} error
 * @param {string} code such as `ENOENT`
 */
export function isSystemError(error, code) {
  return error instanceof Error && 'code' in error && error.code === code
}

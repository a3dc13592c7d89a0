/** @type {[RegExp, string][]} */
const causes = [
  [
    /\b(E?NOTFOUND|EAI_AGAIN|ECONN\w+|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|E\w+TIMEOUT|ERR_SOCKET_TIMEOUT|ENOTCACHED)\b/,
    'The package registry cannot be reached. Packages are downloaded only once: connect to the network (behind a proxy,' +
      ' `npm config set proxy <address>`; with a mirror, `npm config set registry <address>`) and run the command again.',
  ],
  [
    /\bEUSAGE\b/,
    'package.json and package-lock.json do not match. If you changed a dependency, run `npm install` and commit both;' +
      ' if not, restore them with `git checkout -- package.json package-lock.json`.',
  ],
  [/\bENOSPC\b/, 'The disk is full.'],
  [
    /\b(EACCES|EPERM)\b/,
    'This user may not write to node_modules or to the cache of npm. If another user has installed the packages, run the' +
      ' command as that user, or delete node_modules.',
  ],
  [/\bEINTEGRITY\b/, 'A downloaded package is not the one that was locked. Try again after `npm cache verify`.'],
]

/**
 * What is told when npm fails: the cause and the remedy, where they are known, and all that it printed.
 * @param {string} output
 */
export function explainFailure(output) {
  const cause = causes.find(([pattern]) => pattern.test(output))?.[1]
  // The description of every option of `npm ci` follows here.
  const [report] = output.split(/\nnpm (?:error|ERR!) Clean install a project/)
  return ['The packages could not be installed.', cause, report].filter(Boolean).join('\n\n')
}

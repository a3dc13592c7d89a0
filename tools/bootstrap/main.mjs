// Makes a checkout ready to run: packages, Node 24, generated code. Runs before npm scripts (prestart, pretest, ...) with
// whatever Node the machine has and with nothing installed, and says nothing when there is nothing to do.
//
// A script of its own and not the first half of "node bootstrap && node program": the shell looks up `node` once, and
// would go on with the machine's Node after the pinned one has been installed.

// Nothing newer than an old Node can parse stands above this check, so no static import either.
const major = Number(process.versions.node.split('.')[0])
if (major < 20) {
  console.error(
    'Portico needs Node 20 or newer to install itself, and this is Node ' +
      process.versions.node +
      '. Install a current one from https://nodejs.org and run the command again.',
  )
  process.exit(1)
}

void import('./prepare.mjs').then((module) => module.main())

import { styleText } from 'node:util'
import { runCommand } from '@portico/service-kit/command'
import { runSchemaCommand } from './command.ts'

/** Whether standard output takes colours: a terminal, and NO_COLOR is not set. */
const colour = styleText('red', '-', { stream: process.stdout }) !== '-'

// Works on the repository in whose root it is run.
await runCommand((args, env) =>
  runSchemaCommand(args, { root: process.cwd(), env, colour, print: console.log, complain: console.error }),
)

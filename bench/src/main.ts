import { items } from './commands/items.ts'
import { memory } from './commands/memory.ts'
import { orders } from './commands/orders.ts'
import { profile } from './commands/profile.ts'
import { run } from './commands/run.ts'
import { shape } from './commands/shape.ts'
import { HELP, parseOptions } from './options.ts'

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
try {
  const options = parseOptions(process.argv.slice(2))
  if (options.command === 'help') console.log(HELP)
  else await { run, compare: run, items, memory, orders, profile, shape }[options.command](options)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

import { cp, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { TestRabbitMq } from '@portico/testkit/rabbitmq'
import type { Books } from './books.ts'
import type { Ledger } from './ledger.ts'
import type { Stores } from './stores.ts'

/** All that is known of a run in which something did not hold. */
export interface Evidence {
  books: Books | undefined
  ledger: Ledger
  stores: Stores
  broker: TestRabbitMq | undefined
}

/** Puts it beside the logs of the run's processes: as JSON, and what the servers have logged in all runs so far. */
export async function keepEvidence(folder: string, { books, ledger, stores, broker }: Evidence): Promise<void> {
  await writeFile(join(folder, 'ledger.json'), JSON.stringify(ledger, null, 2))
  if (books) await writeFile(join(folder, 'books.json'), JSON.stringify(books, null, 2))
  for (const name of ['orders', 'products'] as const) {
    const { logFile } = stores[name].postgres
    await cp(logFile, join(folder, `${name}-${basename(logFile)}`)).catch(() => undefined)
  }
  if (broker) await cp(broker.logFolder, join(folder, 'rabbitmq'), { recursive: true }).catch(() => undefined)
}

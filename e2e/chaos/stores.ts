import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { ensureDatabases, folderOf } from '@portico/database/databases'
import { migrate } from '@portico/database/migrate'
import { connectPg } from '@portico/database/pg-connection'
import { startCrashablePostgres, type CrashablePostgres } from './crashable-postgres.ts'
import { auditEffects } from './effect-audit.ts'
import type { PortBlock } from './ports.ts'

export type StoreName = 'orders' | 'products'

/** A PostgreSQL of one subgraph, and the database of the present run in it. */
export interface Store {
  postgres: CrashablePostgres
  /** The run's database as the subgraph's role reaches it. */
  url: string
  /** The same through a proxy on this port. */
  urlAt(port: number): string
}

/** A PostgreSQL for each subgraph, so that to kill one is not to kill both. */
export interface Stores extends AsyncDisposable {
  orders: Store
  products: Store
  /** Makes both databases anew: migrated, empty, and watched by `effect-audit.ts`. */
  renew(): Promise<void>
}

const DATABASE = 'shop'

/** Starts both in a folder. It takes seconds: several runs share them. */
export async function startStores(folder: string, ports: PortBlock): Promise<Stores> {
  await using stack = new AsyncDisposableStack()
  const start = async (name: StoreName) => {
    // Started by root, the server runs under another account, which has to get in.
    await mkdir(join(folder, name), { recursive: true })
    await chmod(join(folder, name), 0o711)
    const [port = 0] = await ports.take(1)
    const postgres = stack.use(await startCrashablePostgres(join(folder, name), port))
    const urls = await ensureDatabases(postgres.superuserUrl('postgres'), { [name]: name })
    await migrate({ url: urls[name] ?? '', folder: join(folderOf(name), 'migrations'), log: () => undefined })
    const urlAt = (at: number) => `postgresql://${name}:${name}@127.0.0.1:${at}/${DATABASE}`
    return { postgres, url: urlAt(port), urlAt }
  }
  const stores = { orders: await start('orders'), products: await start('products') }
  const running = stack.move()
  return {
    ...stores,
    async renew() {
      await renewDatabase(stores.orders, 'orders')
      await renewDatabase(stores.products, 'products')
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

async function renewDatabase({ postgres, url }: Store, template: StoreName): Promise<void> {
  await using admin = await connectPg(postgres.superuserUrl('postgres'), { name: 'chaos' })
  await admin.client.query(`DROP DATABASE IF EXISTS ${DATABASE} WITH (FORCE)`)
  await admin.client.query(`CREATE DATABASE ${DATABASE} TEMPLATE ${template} OWNER ${template}`)
  await using owner = await connectPg(url, { name: 'chaos' })
  await auditEffects(owner.client, template)
}

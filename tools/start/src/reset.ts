import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { removeEmbeddedPostgres } from '@portico/database/embedded-postgres'
import { loadConfig } from './config.ts'

const { dataFolder } = loadConfig(process.env)
await removeEmbeddedPostgres({ folder: join(dataFolder, 'postgres'), log: console.log })
await rm(dataFolder, { recursive: true, force: true })
console.log(`Removed ${dataFolder}. The next npm start begins with fresh demo data.`)

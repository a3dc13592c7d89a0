import { runProgram } from '@portico/service-kit/lifecycle'
import { loadConfig } from './config.ts'
import { startProducts } from './server.ts'

await runProgram({
  service: 'products',
  env: process.env,
  start: (log, stopping) => startProducts(loadConfig(process.env), { log, stopping }),
})

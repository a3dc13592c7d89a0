import { runProgram } from '@portico/service-kit/lifecycle'
import { loadConfig } from './config.ts'
import { startOrders } from './server.ts'

await runProgram({
  service: 'orders',
  env: process.env,
  start: (log, stopping) => startOrders(loadConfig(process.env), { log, stopping }),
})

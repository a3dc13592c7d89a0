import { runProgram } from '@portico/service-kit/lifecycle'
import { loadConfig } from './config.ts'
import { startGateway } from './gateway.ts'

await runProgram({
  service: 'gateway',
  env: process.env,
  start: (log) => startGateway(loadConfig(process.env), { log }),
})

import { runProgram } from '@portico/service-kit/lifecycle'
import { loadConfig } from './config.ts'
import { startUsers } from './server.ts'

await runProgram({
  service: 'users',
  env: process.env,
  start: (log) => startUsers(loadConfig(process.env), { log }),
})

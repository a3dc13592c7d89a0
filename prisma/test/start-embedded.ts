// Starts the embedded server of the folder in argv[2] as a process of its own, for tests that kill it. Like a supervisor
// it decides for itself what Ctrl-C means: nothing.
import { startEmbeddedPostgres } from '../src/embedded-postgres.ts'

process.on('SIGINT', () => undefined)
try {
  const server = await startEmbeddedPostgres({
    folder: process.argv[2] ?? '',
    log: (message) => console.error(message),
  })
  process.once('SIGTERM', () => void server[Symbol.asyncDispose]())
  console.log(JSON.stringify({ url: server.superuserUrl('postgres') }))
} catch (error) {
  console.log(JSON.stringify({ message: String(error) }))
}

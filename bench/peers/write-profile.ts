// Loaded in front of a gateway of which a CPU profile is wanted: SIGWINCH, which gateways leave alone, begins one, and the
// next ends and writes it.
import { writeFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import { isMainThread } from 'node:worker_threads'

const file = process.env['BENCH_PROFILE_FILE']
if (file && isMainThread) {
  const session = new Session()
  session.connect()
  let isRunning = false
  const toggle = async () => {
    if (isRunning) {
      const { profile } = await session.post('Profiler.stop')
      writeFileSync(file, JSON.stringify(profile))
    } else {
      isRunning = true
      await session.post('Profiler.enable')
      await session.post('Profiler.setSamplingInterval', { interval: 200 })
      await session.post('Profiler.start')
    }
  }
  process.on('SIGWINCH', () => void toggle())
}

import { createLogger } from '@portico/service-kit/logger'

/** A logger whose lines the test reads. */
export function createMemoryLog() {
  const lines: Record<string, unknown>[] = []
  const log = createLogger(
    { service: 'test', level: 'debug' },
    { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
  )
  return { log, lines, messages: () => lines.map(({ msg }) => msg) }
}

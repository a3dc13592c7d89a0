import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { createLogger, type Logger } from '@portico/service-kit/logger'
import pretty from 'pino-pretty'

/** Colours of the prefixes, by ANSI code. */
const COLOURS: Readonly<Record<string, number>> = { portico: 37, gateway: 35, users: 36, products: 33, orders: 32 }

export interface ConsoleLog {
  /** The supervisor's own log. */
  log: Logger
  /** Prints what a service writes: log lines readable, everything else as it is, each with the service's name. */
  attach: (service: string, output: Readable) => void
  /** Prints lines of the supervisor's without time or level. */
  print: (text: string) => void
}

/** Prints what all processes say to one stream, readable by people. */
export function createConsoleLog(level: string, stream: NodeJS.WriteStream): ConsoleLog {
  const colorize = stream.isTTY && !process.env['NO_COLOR']
  const format = pretty.prettyFactory({
    colorize,
    ignore: 'service',
    translateTime: 'SYS:HH:MM:ss',
    singleLine: true,
  })

  function write(service: string, line: string) {
    const name = service.padEnd(8)
    const prefix = colorize ? `\x1b[${COLOURS[service] ?? 37}m${name}\x1b[0m` : name
    for (const part of line.trimEnd().split('\n')) stream.write(`${prefix} | ${part}\n`)
  }

  return {
    log: createLogger({ service: 'portico', level }, { write: (line) => write('portico', format(line)) }),
    attach(service, output) {
      createInterface({ input: output }).on('line', (line) =>
        write(service, line.startsWith('{"') ? format(line) : line),
      )
    },
    print: (text) => stream.write(`${text}\n`),
  }
}

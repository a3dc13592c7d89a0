import { setTimeout as sleep } from 'node:timers/promises'
import { createRabbitMqTransport } from '../src/rabbitmq-transport.ts'
import { confirmed } from './sample-events.ts'
import { log } from './silent-log.ts'

/**
 * A program that sends events to itself until its input ends, and then ends by itself if it can. It prints a line for each
 * that arrived, and at last how many of those that were sent did not come.
 */
const [url = ''] = process.argv.slice(2)
const missing = new Set<string>()
{
  await using orders = createRabbitMqTransport({ subgraph: 'orders', url, log, confirmWithinMs: 1000 })
  await using products = createRabbitMqTransport({ subgraph: 'products', url, log, confirmWithinMs: 1000 })
  await products.receive(async ({ id }) => void missing.delete(id))
  process.stdin.resume()
  while (!process.stdin.readableEnded) {
    const events = Array.from({ length: 20 }, () => confirmed())
    for (const { id } of events) missing.add(id)
    const outcomes = await orders.send(events)
    // Of what did not arrive nothing is promised.
    for (const [index, { id }] of events.entries()) if (outcomes[index]) missing.delete(id)
    if (outcomes.every((outcome) => outcome === undefined)) process.stdout.write('arrived\n')
    await sleep(10)
  }
  for (let waits = 0; missing.size > 0 && waits < 500; waits += 1) await sleep(20)
}
process.stdout.write(`missing: ${missing.size}\n`)

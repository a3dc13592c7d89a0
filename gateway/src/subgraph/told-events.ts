import { z } from 'zod'

const count = z.int().min(0)
const queue = z.object({ pending: count, failing: count, dead: count, lagSeconds: z.number().min(0) })
const broker = z.object({ waiting: count, dead: count })
const events = z.object({
  transport: z.string().regex(/^[\w-]{1,32}$/),
  outbox: queue,
  inbox: queue,
  broker: broker.optional(),
})
const answer = z.object({ details: z.object({ events }) })

/** How far the events of a subgraph are, as it tells: numbers, and the name of what carries them. */
export type ToldEvents = z.infer<typeof events>

/** How many there are of each kind, and the age of the oldest that waits. */
export type ToldQueue = z.infer<typeof queue>

/** Finds what a subgraph's answer to a probe tells of its events; undefined when it has none, or says it differently. */
export function parseToldEvents(text: string): ToldEvents | undefined {
  try {
    return answer.safeParse(JSON.parse(text)).data?.details.events
  } catch {
    return undefined
  }
}

import { z } from 'zod'

/** A kind of event: its name, which ends in its version, and what its `data` is. */
export interface EventType<Data = unknown> {
  name: string
  /** What the data must be: checked when it is written to the outbox, and again before it is handled. */
  schema: z.ZodType<Data>
}

/** An event to be: what is written to the outbox. */
export interface Announcement<Data = unknown> {
  type: EventType<Data>
  /** The id of what it tells of. */
  subject: string
  data: Data
  cause?: Cause | undefined
}

/** What an event goes back to, for those who follow a request through logs and traces. */
export interface Cause {
  requestid?: string | undefined
  traceparent?: string | undefined
}

/** A request as the cause of events. */
export function causeOf({ requestId, traceparent }: { requestId: string; traceparent: string | undefined }): Cause {
  return { requestid: requestId, traceparent }
}

/** Data that its own schema refuses: a mistake of who writes the event, or of another version of it. */
export class EventDataError extends Error {
  override readonly name = 'EventDataError'
}

/**
 * The data of an event, as its type says.
 *
 * @throws EventDataError that names what is wrong.
 */
export function checkData<Data>(type: EventType<Data>, data: unknown): Data {
  const parsed = type.schema.safeParse(data)
  if (parsed.success) return parsed.data
  throw new EventDataError(`Not the data of ${type.name}: ${z.prettifyError(parsed.error)}`)
}

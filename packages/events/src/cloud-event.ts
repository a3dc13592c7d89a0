import { z } from 'zod'

/**
 * An event as it travels: CloudEvents 1.0 in its JSON format, with the extensions `traceparent` (distributed tracing)
 * and `requestid`. https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
 */
export interface CloudEvent<Data = unknown> {
  specversion: '1.0'
  /** Unique within `source`; a repeated delivery has the same. */
  id: string
  /** Whose outbox it was in, such as `/portico/orders`. */
  source: string
  /** Says what `data` is, with its version: `portico.order.placed.v1`. */
  type: string
  /** The id of what it tells of. Events of one subject leave their outbox in order. */
  subject: string
  /** When it was written to the outbox, ISO 8601. */
  time: string
  datacontenttype: 'application/json'
  data: Data
  /** The trace that it belongs to, as in W3C Trace Context. */
  traceparent?: string | undefined
  /** The request that caused it, be it through other events. */
  requestid?: string | undefined
}

/** The media type of one event. */
export const EVENT_TYPE = 'application/cloudevents+json'
/** The media type of a JSON array of events. */
export const BATCH_TYPE = 'application/cloudevents-batch+json'

const text = z.string().min(1).max(512)

const cloudEvent = z.object({
  specversion: z.literal('1.0'),
  id: z.uuid(),
  source: text,
  type: text,
  subject: text,
  time: z.iso.datetime({ offset: true }),
  datacontenttype: z.literal('application/json'),
  data: z.unknown(),
  traceparent: z.string().max(64).optional(),
  requestid: z.string().max(128).optional(),
})

/** A text or a value that is no event of ours, or none that can be stored. */
export class MalformedEventError extends Error {
  override readonly name = 'MalformedEventError'
}

/**
 * The event that a JSON value holds. Its `data` is looked at by who handles it.
 *
 * @throws MalformedEventError that names what is wrong.
 */
export function parseCloudEvent(value: unknown): CloudEvent {
  const parsed = cloudEvent.safeParse(value)
  if (parsed.success) return parsed.data
  throw new MalformedEventError(`Not a CloudEvent of version 1.0: ${z.prettifyError(parsed.error)}`)
}

/** The name under which a subgraph sends events. */
export function sourceOf(subgraph: string): string {
  return `/portico/${subgraph}`
}

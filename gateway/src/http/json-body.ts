import { carefulJsonParser } from '@portico/service-kit/http-server'
import type { FastifyInstance } from 'fastify'
import { parseLossless } from '../lossless-json.ts'

/**
 * Reads bodies of JSON on a route. Numbers of many digits keep them in what is below the fields of the body, for custom
 * scalars in variables. What could poison prototypes, or is no JSON, is left to the parser that says what is wrong.
 */
export function readJsonBodies(route: FastifyInstance): void {
  const parseCarefully = carefulJsonParser(route)
  route.removeContentTypeParser('application/json')
  route.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    const text = String(body)
    const value = isSuspect(text) ? undefined : parse(text)
    if (value !== undefined) return done(null, value)
    parseCarefully(request, text, (error, plain) => done(error, error ? undefined : (parse(text) ?? plain)))
  })
}

/** Whether a name by which prototypes are poisoned may be in it; either can be written with escapes. */
function isSuspect(text: string): boolean {
  return text.includes('__proto__') || text.includes('constructor') || text.includes(String.raw`\u00`)
}

/** Undefined: no JSON, or nested too deeply to keep the digits of its numbers. */
function parse(text: string): unknown {
  try {
    return withPlainFields(parseLossless(text))
  } catch {
    return undefined
  }
}

/** No field of a GraphQL request is a number: whoever sends one is told so. */
function withPlainFields(body: unknown): unknown {
  if (typeof body !== 'object' || body === null) return body
  if (JSON.isRawJSON(body)) return Number(body.rawJSON)
  const fields = body as Record<string, unknown>
  for (const name in fields) {
    const value = fields[name]
    if (JSON.isRawJSON(value)) fields[name] = Number(value.rawJSON)
  }
  return body
}

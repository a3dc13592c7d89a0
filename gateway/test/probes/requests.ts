import { gzipSync } from 'node:zlib'
import { expect } from '@jest/globals'
import type { OutgoingHttpHeaders } from 'node:http'
import type { Probe } from './target.ts'

const CHANGE = 'mutation { change }'

const bodyOf =
  (body: string | Buffer, type?: string, headers: OutgoingHttpHeaders = {}): Probe['attack'] =>
  (target) =>
    target.send({
      method: 'POST',
      body,
      headers: { ...(type === undefined ? {} : { 'content-type': type }), ...headers },
    })

const unsupported = { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' }
const malformed = { status: 400, code: 'BAD_REQUEST' }

/** Requests that a page of another origin could make a browser send. */
export const FORGERIES: Probe[] = [
  { name: 'a mutation as text/plain', attack: bodyOf(JSON.stringify({ query: CHANGE }), 'text/plain'), ...unsupported },
  {
    name: 'a mutation as a form',
    attack: bodyOf(`query=${CHANGE}`, 'application/x-www-form-urlencoded'),
    ...unsupported,
  },
  {
    name: 'a mutation as a multipart form',
    attack: bodyOf(
      `--b\r\ncontent-disposition: form-data; name="operations"\r\n\r\n{"query":"${CHANGE}"}\r\n--b--`,
      'multipart/form-data; boundary=b',
    ),
    ...unsupported,
  },
  { name: 'a mutation without a content type', attack: bodyOf(JSON.stringify({ query: CHANGE })), ...unsupported },
  {
    name: 'a query by GET as an image would send it',
    attack: (target) =>
      target.get({ query: '{ hello }' }, { 'apollo-require-preflight': '', accept: 'image/*,*/*;q=0.8' }),
    ...malformed,
  },
  {
    name: 'a mutation by GET',
    attack: (target) => target.get({ query: CHANGE }),
    status: 405,
    check: ({ headers }) => expect(headers['allow']).toBe('POST'),
  },
  {
    name: 'a mutation by GET behind a query, chosen by operationName',
    attack: (target) => target.get({ query: `query A { hello } mutation B { change }`, operationName: 'B' }),
    status: 405,
  },
  {
    name: 'a mutation by GET that says to be a POST',
    attack: (target) => target.get({ query: CHANGE, _method: 'POST' }, { 'x-http-method-override': 'POST' }),
    status: 405,
  },
  {
    name: 'the preflight of a foreign page',
    attack: (target) =>
      target.send({
        method: 'OPTIONS',
        headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
      }),
    status: 405,
    never: /access-control/i,
  },
  {
    name: 'the preflight of Sandbox into the private network',
    attack: (target) =>
      target.send({
        method: 'OPTIONS',
        headers: {
          origin: 'https://studio.apollographql.com',
          'access-control-request-method': 'POST',
          'access-control-request-private-network': 'true',
        },
      }),
    status: 405,
    never: /access-control/i,
  },
]

/** Bodies that are not what they should be. */
export const BODIES: Probe[] = [
  {
    name: 'a batch of operations',
    attack: (target) => target.post([{ query: '{ hello }' }, { query: CHANGE }]),
    ...malformed,
  },
  { name: 'half a JSON document', attack: (target) => target.post('{"query":"{ hello }'), ...malformed },
  {
    name: 'a megabyte of opening brackets',
    attack: (target) => target.post('['.repeat(1_000_000)),
    ...malformed,
    check: ({ text }) => expect(text.length).toBeLessThan(1000),
  },
  {
    name: '__proto__ in the body',
    attack: (target) => target.post('{"query":"{ hello }","__proto__":{"polluted":1}}'),
    ...malformed,
  },
  {
    name: '__proto__ and constructor in variables by GET',
    attack: (target) =>
      target.get({
        query: 'query ($a: Any) { echo(any: $a) }',
        variables: '{"a":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}}',
      }),
    status: 200,
    asked: 1,
    check: () => expect({}).not.toHaveProperty('polluted'),
  },
  {
    name: '__proto__ in an argument of the document',
    attack: (target) => target.post({ query: '{ echo(filter: { __proto__: { fieldInside: "x" } }) }' }),
    status: 400,
    code: 'GRAPHQL_VALIDATION_FAILED',
  },
  {
    name: 'the same key twice, harmless first',
    attack: (target) => target.post('{"query":"{ hello }","query":"{ thing { id } }"}'),
    status: 200,
    data: { thing: { id: '1' } },
    asked: 1,
  },
  {
    name: 'bytes that are no UTF-8',
    attack: bodyOf(Buffer.from('{"query":"{ hel\xfflo }"}', 'latin1'), 'application/json'),
    status: 400,
  },
  {
    name: 'JSON in UTF-16',
    attack: bodyOf(Buffer.from('{"query":"{ hello }"}', 'utf16le'), 'application/json; charset=utf-16'),
    ...unsupported,
  },
  {
    name: 'sixty-four megabytes, compressed',
    attack: bodyOf(gzipSync(Buffer.alloc(64 * 1024 * 1024, 'a')), 'application/json', { 'content-encoding': 'gzip' }),
    ...unsupported,
  },
  {
    name: 'two megabytes whose length is announced',
    attack: (target) =>
      target.send({ method: 'POST', headers: { 'content-type': 'application/json', 'content-length': 2_000_000 } }),
    status: 413,
    code: 'BODY_TOO_LARGE',
  },
  {
    name: 'a mutation whose answer the client does not accept',
    attack: (target) => target.post({ query: CHANGE }, { accept: 'text/html' }),
    status: 406,
    code: 'NOT_ACCEPTABLE',
  },
]

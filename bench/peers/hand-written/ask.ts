import { Pool } from 'undici'

/** Sends the text of a request's body and resolves to the bytes of the answer. */
export type Ask = (body: string) => Promise<Buffer>

/** By subgraph. */
export type Askers = Readonly<Record<'members' | 'catalogue' | 'authors' | 'reviews' | 'shelves', Ask>>

export function createAskers(urls: Readonly<Record<string, string>>): Askers {
  const ask = (name: string) => createAsk(new URL(urls[name] ?? ''))
  return {
    members: ask('members'),
    catalogue: ask('catalogue'),
    authors: ask('authors'),
    reviews: ask('reviews'),
    shelves: ask('shelves'),
  }
}

const headers = { 'content-type': 'application/json', accept: 'application/json' }

/** undici's `dispatch` costs less than its `request`, which makes a stream of every answer. */
function createAsk({ origin, pathname }: URL): Ask {
  const pool = new Pool(origin, { pipelining: 1 })
  return (body) =>
    new Promise((resolve, reject) => {
      const chunks: Buffer[] = []
      pool.dispatch(
        { path: pathname, method: 'POST', headers, body },
        {
          onRequestStart: () => undefined,
          onResponseStart: (_controller, status) => {
            if (status !== 200) reject(new Error(`status ${status}`))
          },
          onResponseData: (_controller, chunk) => void chunks.push(chunk),
          onResponseEnd: () => {
            const [only] = chunks
            resolve(chunks.length === 1 && only ? only : Buffer.concat(chunks))
          },
          onResponseError: (_controller, error) => reject(error),
        },
      )
    })
}

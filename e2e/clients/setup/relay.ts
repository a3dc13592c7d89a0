import { Environment, Network, Observable, RecordSource, Store, type GraphQLResponse } from 'relay-runtime'
import { persistedFetch } from './persisted-fetch.ts'
import { bearer, type Portico } from './portico.ts'

export function createRelayEnvironment({ url, accessToken, fetch }: Portico): Environment {
  const send = persistedFetch(fetch)
  const network = Network.create(({ text, name }, variables) =>
    Observable.create<GraphQLResponse>((sink) => {
      const unwanted = new AbortController()
      async function ask(): Promise<void> {
        const reply = await send(url, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            accept: 'application/graphql-response+json, application/json',
            ...bearer(accessToken()),
          },
          body: JSON.stringify({ query: text, operationName: name, variables }),
          signal: unwanted.signal,
        })
        sink.next((await reply.json()) as GraphQLResponse)
        sink.complete()
      }
      ask().catch((error: Error) => {
        if (!sink.closed) sink.error(error)
      })
      return () => unwanted.abort()
    }),
  )
  return new Environment({ network, store: new Store(new RecordSource()) })
}

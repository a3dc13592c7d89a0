import { cacheExchange, Client, fetchExchange } from '@urql/core'
import { persistedFetch } from './persisted-fetch.ts'
import { bearer, type Portico } from './portico.ts'

export function createUrqlClient({ url, accessToken, fetch }: Portico): Client {
  return new Client({
    url,
    fetch: persistedFetch(fetch),
    fetchOptions: () => ({ headers: bearer(accessToken()) }),
    // urql would send the text of short queries by GET, which persisted queries have no use for.
    preferGetMethod: false,
    exchanges: [cacheExchange, fetchExchange],
  })
}

import { GraphQLClient } from 'graphql-request'
import { persistedFetch } from './persisted-fetch.ts'
import { bearer, type Portico } from './portico.ts'

export function createGraphqlRequestClient({ url, accessToken, fetch }: Portico): GraphQLClient {
  return new GraphQLClient(url, {
    fetch: persistedFetch(fetch),
    headers: () => bearer(accessToken()),
    // One subgraph that is down is no reason to hide what the others answered: use `rawRequest` to see the errors.
    errorPolicy: 'all',
  })
}

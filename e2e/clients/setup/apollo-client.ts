import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from '@apollo/client'
import { SetContextLink } from '@apollo/client/link/context'
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries'
import { relayStylePagination } from '@apollo/client/utilities'
import { sha256 } from './persisted-fetch.ts'
import { bearer, type Portico } from './portico.ts'

export function createApolloClient({ url, accessToken, fetch }: Portico): ApolloClient {
  return new ApolloClient({
    link: ApolloLink.from([
      new SetContextLink(({ headers }) => ({ headers: { ...(headers as object), ...bearer(accessToken()) } })),
      new PersistedQueryLink({ sha256, useGETForHashedQueries: true }),
      new HttpLink({ uri: url, fetch }),
    ]),
    cache: new InMemoryCache({
      // What `... on UserError` matches.
      possibleTypes: {
        UserError: [
          'ConflictError',
          'IdempotencyMismatchError',
          'InvalidCredentialsError',
          'InvalidTransitionError',
          'NotFoundError',
          'ValidationError',
        ],
      },
      typePolicies: { Query: { fields: { products: relayStylePagination(['filter', 'sort']) } } },
    }),
  })
}

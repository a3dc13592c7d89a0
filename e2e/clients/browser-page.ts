import { gql, type TypedDocumentNode } from '@apollo/client'
import { createApolloClient } from './setup/apollo-client.ts'

/** As much of a browser as this page needs. */
declare const document: { querySelector(selector: 'output'): { textContent: string } }

/** What a page can see of an answer that came from another origin. */
export interface SeenAnswer {
  status: number
  requestId: string | null
  retryAfter: string | null
}

/** What the page shows once it has an answer, or knows that there will be none. */
export interface Shown {
  data?: unknown
  error?: string
}

interface SignIn {
  signIn: { accessToken?: string } | null
}

let accessToken: string | undefined
const answers: SeenAnswer[] = []

/** A page of a shop that is served elsewhere than its gateway. */
export function openShop(url: string) {
  const client = createApolloClient({
    url,
    accessToken: () => accessToken,
    async fetch(input, init) {
      const reply = await fetch(input, init)
      const header = (name: string) => reply.headers.get(name)
      answers.push({ status: reply.status, requestId: header('x-request-id'), retryAfter: header('retry-after') })
      return reply
    },
  })

  function show(shown: Shown): void {
    document.querySelector('output').textContent = JSON.stringify(shown)
  }
  const settle = ({ data, error }: { data?: unknown; error?: Error | undefined }) =>
    show({ data, ...(error ? { error: error.message } : {}) })
  const fail = (error: Error) => show({ error: error.message })

  return {
    answers,
    signIn: async (email: string, password: string) => {
      const mutation: TypedDocumentNode<SignIn> = gql`
        mutation SignIn($email: String!, $password: String!) {
          signIn(email: $email, password: $password) {
            ... on Session {
              accessToken
            }
            ... on UserError {
              message
            }
          }
        }
      `
      try {
        const result = await client.mutate({ mutation, variables: { email, password } })
        accessToken = result.data?.signIn?.accessToken
        settle(result)
      } catch (error) {
        fail(error as Error)
      }
    },
    query: (text: string) =>
      client.query({ query: gql(text), errorPolicy: 'all', fetchPolicy: 'network-only' }).then(settle, fail),
    mutate: (text: string, variables: Record<string, unknown>) =>
      client.mutate({ mutation: gql(text), variables, errorPolicy: 'all' }).then(settle, fail),
  }
}

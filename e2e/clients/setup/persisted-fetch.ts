import { getOperationAST, OperationTypeNode, parse } from 'graphql'

/** A request as clients put it into the body of a POST. */
interface GraphqlBody {
  query: string
  operationName?: string
  variables?: unknown
  extensions?: object
}

/**
 * Automatic persisted queries for clients that have none of their own: a `fetch` that sends the hash of a query by GET,
 * and its text only when the gateway does not know it. Mutations pass unchanged.
 */
export function persistedFetch(send: typeof fetch): typeof fetch {
  return async (url, init) => {
    if (init?.method !== 'POST' || typeof init.body !== 'string') return send(url, init)
    const body = JSON.parse(init.body) as GraphqlBody
    const { query, operationName, variables } = body
    if (getOperationAST(parse(query), operationName)?.operation !== OperationTypeNode.QUERY) return send(url, init)

    const extensions = { ...body.extensions, persistedQuery: { version: 1, sha256Hash: await sha256(query) } }
    const address = new URL(url instanceof Request ? url.url : url)
    if (operationName) address.searchParams.set('operationName', operationName)
    if (variables) address.searchParams.set('variables', JSON.stringify(variables))
    address.searchParams.set('extensions', JSON.stringify(extensions))
    // The content type stays, though there is no content: it makes browsers ask before they send it from another origin.
    const { body: _, ...get } = { ...init, method: 'GET' }
    const reply = await send(address, get)
    return (await isUnknown(reply)) ? send(url, { ...init, body: JSON.stringify({ ...body, extensions }) }) : reply
  }
}

async function isUnknown(reply: Response): Promise<boolean> {
  return (await reply.clone().text()).includes('"PERSISTED_QUERY_NOT_FOUND"')
}

/** Browsers have it on pages that came by https, or from this machine. */
export async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

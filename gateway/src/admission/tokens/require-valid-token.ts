import { GraphQLError, Kind, type OperationDefinitionNode } from 'graphql'
import type { GatewayContext } from '../../context.ts'

/** @throws GraphQLError with status 401 or 503. */
export type TokenCheck = (
  context: Pick<GatewayContext, 'credentials' | 'log'>,
  definition: OperationDefinitionNode | undefined,
) => void

/**
 * Refuses a request whose bearer token is worthless with 401 `UNAUTHENTICATED`, before anything is executed. Operations
 * that select nothing but `tokenlessFields` run anonymously all the same, since clients attach their last token always,
 * and need these fields to get a new one. Credentials of another scheme are refused as well: whoever presents some
 * should not be served as somebody else. `LOG_LEVEL=debug` tells what is wrong with a token.
 */
export function createTokenCheck(tokenlessFields: ReadonlySet<string>): TokenCheck {
  return ({ credentials, log }, definition) => {
    if (credentials.kind === 'viewer' || (definition && selectsOnly(definition, tokenlessFields))) return
    if (credentials.kind === 'invalid') {
      log.debug({ reason: credentials.reason }, 'access token refused')
      throw new GraphQLError('The access token is invalid or has expired.', {
        extensions: { code: 'UNAUTHENTICATED', http: { status: 401, headers: challenge } },
      })
    }
    throw new GraphQLError('Access tokens can not be verified at the moment; try again.', {
      extensions: { code: 'SERVICE_UNAVAILABLE', http: { status: 503 } },
    })
  }
}

const challenge = new Map([['www-authenticate', 'Bearer error="invalid_token"']])

function selectsOnly({ operation, selectionSet }: OperationDefinitionNode, fields: ReadonlySet<string>): boolean {
  const rootType = operation.charAt(0).toUpperCase() + operation.slice(1)
  // A fragment could hold anything; clients that send one sign in with a token that is valid, or with none.
  return selectionSet.selections.every(
    (selection) => selection.kind === Kind.FIELD && fields.has(`${rootType}.${selection.name.value}`),
  )
}

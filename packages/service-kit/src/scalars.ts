import { GraphQLError, GraphQLScalarType, Kind } from 'graphql'
import { GraphQLDateTimeISO } from 'graphql-scalars'

/** An instant as an ISO 8601 string with offset: https://scalars.graphql.org/andimarek/date-time */
export const DateTime = GraphQLDateTimeISO

/** As many digits as a BIGINT of minor units can have. */
const DECIMAL = /^-?\d{1,19}(\.\d{1,10})?$/

function parseText(name: string, pattern: RegExp, example: string) {
  return (value: unknown): string => {
    if (typeof value === 'string' && pattern.test(value)) return value
    throw new GraphQLError(`${name} must be a string such as "${example}".`)
  }
}

function textScalar(name: string, pattern: RegExp, example: string): GraphQLScalarType<string, string> {
  const parse = parseText(name, pattern, example)
  return new GraphQLScalarType({
    name,
    serialize: parse,
    parseValue: parse,
    parseLiteral: (node) => parse(node.kind === Kind.STRING ? node.value : undefined),
  })
}

/** An exact decimal number as a string. Numbers are refused, since a float would lose digits before it gets here. */
export const Decimal = textScalar('Decimal', DECIMAL, '19.99')

/** A currency by its three-letter ISO 4217 code. */
export const CurrencyCode = textScalar('CurrencyCode', /^[A-Z]{3}$/, 'EUR')

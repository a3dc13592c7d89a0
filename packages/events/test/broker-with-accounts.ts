import { startRabbitMq, type TestRabbitMq } from '@portico/testkit/rabbitmq'
import { createDefinitions } from '../src/rabbitmq-definitions.ts'

/** A broker with an account for each subgraph, as a deployment has them, and one for whoever looks into it. */
export interface BrokerWithAccounts {
  broker: TestRabbitMq
  /** The address with the account of a subgraph, or of `admin`. */
  urlOf: (account: string) => string
}

const passwordOf = (account: string) => `${account}/secret`

/** Starts one; reviews is a subgraph of whose events nobody has heard. */
export async function startBrokerWithAccounts(program: string): Promise<BrokerWithAccounts> {
  const subgraphs = ['orders', 'products', 'reviews']
  const definitions = createDefinitions(new Map([...subgraphs, 'admin'].map((name) => [name, passwordOf(name)])))
  const permissions = definitions.permissions.map((of) =>
    of.user === 'admin' ? { ...of, configure: '.*', write: '.*', read: '.*' } : of,
  )
  const broker = await startRabbitMq(program, { definitions: { ...definitions, permissions } })
  return {
    broker,
    urlOf(account) {
      const url = new URL(broker.url)
      url.username = account
      url.password = encodeURIComponent(passwordOf(account))
      return url.href
    },
  }
}

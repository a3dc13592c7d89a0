import { sourceOf, type CloudEvent } from './cloud-event.ts'
import { PUBLICATIONS } from './contract.ts'

/**
 * Why this event is not believed of a subgraph, as which its sender is known; undefined when it is. A subgraph speaks for
 * its own outbox alone, and only of what the contract lets it tell.
 */
export function objectionTo({ source, type }: CloudEvent, sender: string): string | undefined {
  if (source !== sourceOf(sender)) return `${sender} may not speak for ${source}`
  const tellers = Object.keys(PUBLICATIONS).filter((name) =>
    PUBLICATIONS[name]?.some(({ name: told }) => told === type),
  )
  // What nobody here has heard of is told by another version, and handled by none of this one.
  return tellers.length === 0 || tellers.includes(sender) ? undefined : `${sender} may not tell of ${type}`
}

import { InterfaceType, type Schema } from '@apollo/federation-internals'
import { JOIN_FEATURE } from '../plan/planned-names.ts'
import { directiveUses } from './feature-directive.ts'

/**
 * The interfaces that are object types to some subgraph, which does not know what implements them.
 *
 * Specification: https://specs.apollo.dev/join/v0.3, `isInterfaceObject`.
 */
export function readInterfaceObjects(supergraph: Schema): readonly InterfaceType[] {
  const uses = directiveUses(supergraph, JOIN_FEATURE, 'type').filter((use) => use.arguments()['isInterfaceObject'])
  return uses.flatMap(({ parent }) => (parent instanceof InterfaceType ? [parent] : []))
}

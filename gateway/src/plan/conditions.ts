import { Kind, visit, type DirectiveNode, type FieldNode, type SelectionNode, type SelectionSetNode } from 'graphql'
import { withDocument, type Operation } from '../operation.ts'

/** Values for the variables of `@skip` and `@include`. */
export type Assignment = ReadonlyMap<string, boolean>

/** Up to this many variables all combinations of their values are looked at: that makes eight. */
const MOST_COMBINED = 3

/**
 * Values under which to look at an operation: all combinations; of more variables those in which at most two have another
 * value than all others, which meets every pair of them in each way.
 */
export function assignmentsOf(switches: readonly string[]): readonly Assignment[] {
  if (switches.length > MOST_COMBINED) return [...almostAll(switches, true), ...almostAll(switches, false)]
  return Array.from({ length: 2 ** switches.length }, (_, bits) => {
    return new Map(switches.map((name, index) => [name, (bits & (1 << index)) !== 0]))
  })
}

function almostAll(switches: readonly string[], value: boolean): Assignment[] {
  const all = switches.map((name) => [name, value] as const)
  const exceptFor = (...others: string[]) => new Map([...all, ...others.map((name) => [name, !value] as const)])
  const pairs = switches.flatMap((one, index) => switches.slice(index + 1).map((other) => exceptFor(one, other)))
  return [exceptFor(), ...switches.map((name) => exceptFor(name)), ...pairs]
}

/** Whether `@skip` and `@include` let a selection through. */
export function isSelected({ directives = [] }: SelectionNode, assignment: Assignment): boolean {
  return directives.every((directive) => {
    if (directive.name.value === 'skip') return !conditionOf(directive, assignment)
    return directive.name.value !== 'include' || conditionOf(directive, assignment)
  })
}

/**
 * An operation as it is when variables of `@skip` and `@include` have these values: without any condition that is decided;
 * the same object if there is none. Those with literals always are.
 */
export function decide<Of extends Pick<Operation, 'document' | 'definition' | 'fragments' | 'switches'>>(
  operation: Of,
  assignment: Assignment,
): Of {
  const decidedIn = ({ directives = [] }: SelectionNode) =>
    directives.filter((directive) => isDecided(directive, assignment))

  function decided(selection: SelectionNode): SelectionNode[] {
    const own = decidedIn(selection)
    if (own.length === 0) return [selection]
    const directives = selection.directives?.filter((directive) => !own.includes(directive)) ?? []
    return isSelected({ ...selection, directives: own }, assignment) ? [{ ...selection, directives }] : []
  }

  const document = visit(operation.document, {
    SelectionSet: {
      leave(set): SelectionSetNode | undefined {
        if (set.selections.every((selection) => decidedIn(selection).length === 0)) return undefined
        const selections = set.selections.flatMap(decided)
        // That there is an object is to be known even if nothing of it is.
        return { ...set, selections: selections.length > 0 ? selections : [TYPENAME] }
      },
    },
  })
  const switches = operation.switches.filter((name) => !assignment.has(name))
  if (document === operation.document && switches.length === operation.switches.length) return operation
  return { ...withDocument(operation, document), switches }
}

const TYPENAME: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } }

/** Whether a directive is a condition whose value is known. */
function isDecided({ name, arguments: args = [] }: DirectiveNode, assignment: Assignment): boolean {
  if (name.value !== 'skip' && name.value !== 'include') return false
  return args.some(({ value }) => value.kind !== Kind.VARIABLE || assignment.has(value.name.value))
}

function conditionOf({ arguments: args = [] }: DirectiveNode, assignment: Assignment): boolean {
  const value = args.find(({ name }) => name.value === 'if')?.value
  if (value?.kind === Kind.BOOLEAN) return value.value
  return value?.kind === Kind.VARIABLE && assignment.get(value.name.value) === true
}

import type { Schema } from '@apollo/federation-internals'
import { visit } from 'graphql'
import type { Operation } from '../operation.ts'
import { directiveUses } from '../supergraph/feature-directive.ts'
import { JOIN_FEATURE, readPlannedNames } from './planned-names.ts'

/** Which labels of progressive `@override` are on for a request; only those that its operation may meet. */
export type Overrides = ReadonlyMap<string, boolean>

export interface OverrideOptions {
  /** The labels that are on, beside those of the form `percent(20)`. */
  labels: readonly string[]
  /** A number from 0 up to, and without, 1. */
  random?: () => number
}

const NONE: Overrides = new Map()

/**
 * Decides for each request which labels are on. `percent(20)` is on for a fifth of all requests, each decided by lot and
 * once for a request, so that one request asks one subgraph for the field wherever it is selected.
 *
 * Specification: https://specs.apollo.dev/join/v0.4, `overrideLabel`.
 */
export function createOverrides(
  supergraph: Schema,
  { labels, random = Math.random }: OverrideOptions,
): (operation: Operation) => Overrides {
  const labelsOf = readLabels(supergraph)
  if (labelsOf.size === 0) return () => NONE
  const planned = readPlannedNames(supergraph)
  const always = [...labelsOf].filter(([field]) => planned.has(field)).flatMap(([, known]) => [...known])
  const met = new WeakMap<object, readonly string[]>()
  const on = new Set(labels)

  function labelsMet({ document }: Operation): readonly string[] {
    const found = new Set(always)
    visit(document, {
      Field({ name }) {
        for (const label of labelsOf.get(name.value) ?? []) found.add(label)
      },
    })
    return [...found].toSorted()
  }

  return (operation) => {
    const known = met.get(operation.document) ?? labelsMet(operation)
    met.set(operation.document, known)
    return known.length === 0 ? NONE : new Map(known.map((label) => [label, isOn(label)]))
  }

  function isOn(label: string): boolean {
    const percent = /^percent\((\d+(?:\.\d+)?)\)$/.exec(label)?.[1]
    return percent === undefined ? on.has(label) : random() * 100 < Number(percent)
  }
}

/** What tells plans of one operation apart. */
export function variantOf(overrides: Overrides): string {
  return Array.from(overrides, ([label, isOn]) => `${label}=${isOn}`).join()
}

/** The labels on fields, by the names of these. */
function readLabels(supergraph: Schema): ReadonlyMap<string, ReadonlySet<string>> {
  const labels = new Map<string, Set<string>>()
  for (const use of directiveUses(supergraph, JOIN_FEATURE, 'field')) {
    const { overrideLabel } = use.arguments()
    const field = use.parent
    if (typeof overrideLabel !== 'string' || !('name' in field)) continue
    const known = labels.get(String(field.name)) ?? new Set()
    labels.set(String(field.name), known.add(overrideLabel))
  }
  return labels
}

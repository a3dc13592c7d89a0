import { dirname, resolve } from 'node:path'
import type { Environment } from '@portico/service-kit/config'
import { closest, distance } from 'fastest-levenshtein'
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Scalar } from 'yaml'
import type { Setting, Settings } from '../origins.ts'
import { expandVariables } from './expand.ts'
import { FILE_KEYS, FILE_LAYOUT, type Layout } from './layout.ts'
import type { VariableShape } from './shape.ts'

/** What a file sets, as the texts that variables would hold. */
export interface FileSettings {
  settings: Settings
  /** A line each, starting with the place. */
  problems: readonly string[]
}

export interface ParseOptions {
  /** The file, from which relative paths in it start. */
  name: string
  /** For `${NAME}`. */
  env: Environment
  /** What each variable must be. */
  shapes: ReadonlyMap<string, VariableShape>
}

/**
 * Parses a YAML file of settings, laid out as {@link FILE_LAYOUT} says. Lists stand for texts with commas, and maps for
 * such texts of `name=value`. What a value must be is left to the variable that it stands for. Of a text that is no YAML
 * only that is told.
 */
export function parseConfigFile(source: string, { name, env, shapes }: ParseOptions): FileSettings {
  const lines = new LineCounter()
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false })
  const settings = new Map<string, Setting>()
  const problems: string[] = []

  function at(offset: number | undefined): string {
    const { line, col } = lines.linePos(offset ?? 0)
    return `${name}:${line}:${col}`
  }

  for (const { pos, message } of [...document.errors, ...document.warnings]) problems.push(`${at(pos[0])}: ${message}`)

  function resolveAlias(node: unknown): unknown {
    if (!isAlias(node)) return node
    const anchored = node.resolve(document)
    if (!anchored) problems.push(`${at(startOf(node))}: *${node.source} is no anchor of this file`)
    return anchored
  }

  function readSection(node: unknown, layout: Layout, prefix: string): void {
    const section = resolveAlias(node)
    if (isUnset(section)) return
    if (!isMap(section)) {
      problems.push(`${at(startOf(section))}: ${prefix.slice(0, -1) || 'the file'}: must be a section with keys`)
      return
    }
    for (const { key, value } of section.items) {
      const word = isScalar(key) ? String(key.value) : ''
      const inner = Object.hasOwn(layout, word) ? layout[word] : undefined
      const place = `${at(startOf(key))}: ${prefix}${word}`
      if (inner === undefined) problems.push(`${place}: there is no such key${suggestion(word, layout, prefix)}`)
      else if (typeof inner !== 'string') readSection(value, inner, `${prefix}${word}.`)
      else readValue(inner, resolveAlias(value), place)
    }
  }

  function readValue(variable: string, node: unknown, place: string): void {
    const { inFile: { type } = {}, isPath = false } = shapes.get(variable) ?? {}
    const text =
      isSeq(node) && type === 'array'
        ? listText(node.items)
        : isMap(node) && type === 'object'
          ? mapText(node.items)
          : scalarText(node)
    if (text === undefined) return void problems.push(`${place}: must be ${kindOf(type)}`)
    const expanded = expandVariables(text, env)
    problems.push(...expanded.problems.map((problem) => `${place}: ${problem}`))
    // A mistake is told once, and nothing counts as unset.
    if (expanded.problems.length > 0 || expanded.text === '') return
    settings.set(variable, { text: isPath ? resolve(dirname(name), expanded.text) : expanded.text, place })
  }

  function listText(items: readonly unknown[]): string | undefined {
    const texts = items.map((item) => itemText(item))
    return texts.includes(undefined) ? undefined : texts.join()
  }

  function mapText(items: readonly { key: unknown; value: unknown }[]): string | undefined {
    const texts = items.map(({ key, value }) => {
      const [left, right] = [itemText(key), itemText(value)]
      return left === undefined || right === undefined || left.includes('=') ? undefined : `${left}=${right}`
    })
    return texts.includes(undefined) ? undefined : texts.join()
  }

  /** A comma would make two of one. */
  function itemText(node: unknown): string | undefined {
    const text = scalarText(resolveAlias(node))
    return text === undefined || text.includes(',') ? undefined : text
  }

  if (problems.length === 0) readSection(document.contents, FILE_LAYOUT, '')
  return { settings, problems }
}

function isUnset(node: unknown): boolean {
  return node === null || node === undefined || (isScalar(node) && node.value === null)
}

/** As it was written, so that a number keeps its digits; nothing counts as unset. */
function scalarText(node: unknown): string | undefined {
  if (isUnset(node)) return ''
  if (!isScalar(node)) return undefined
  const { value, source }: Scalar = node
  return typeof value === 'number' || typeof value === 'bigint' ? (source ?? String(value)) : String(value)
}

function startOf(node: unknown): number | undefined {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)
    ? Number(node.range[0])
    : undefined
}

function kindOf(type: string | readonly string[] | undefined): string {
  if (type === 'array') return 'a list of values without commas, or one text with commas'
  return type === 'object' ? 'a map of names to values without commas' : 'one value'
}

/** Another key of the section that was meant, or where the key belongs that is called so. */
function suggestion(word: string, layout: Layout, prefix: string): string {
  const named = Object.entries(FILE_KEYS).find(([variable]) => variable === word)
  if (named) return `; ${word} is ${named[1]} here`
  const near = closest(word, Object.keys(layout))
  if (distance(word, near) <= Math.max(2, Math.floor(near.length / 3))) return `; did you mean ${prefix}${near}?`
  const elsewhere = Object.values(FILE_KEYS).find((key) => key.split('.').at(-1) === word)
  return elsewhere === undefined ? `; there are ${Object.keys(layout).join(', ')}` : `; did you mean ${elsewhere}?`
}

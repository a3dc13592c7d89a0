import { readFileSync } from 'node:fs'

/** A CPU profile as V8 writes it, as far as it is read here. */
interface Profile {
  nodes: readonly { id: number; callFrame: { functionName: string; url: string } }[]
  samples: readonly number[]
}

/**
 * How a CPU profile divides among packages, in percent of the CPU that was used, most first: by the function that ran, and
 * not by who called it.
 */
export function cpuByPackage(file: string): [name: string, percent: number][] {
  const { nodes, samples } = JSON.parse(readFileSync(file, 'utf8')) as Profile
  const packages = new Map(nodes.map(({ id, callFrame }) => [id, packageOf(callFrame)]))
  const names = samples.map((id) => packages.get(id)).filter((name) => name !== undefined && name !== '(idle)')
  const counts = Map.groupBy(names, (name) => name ?? '')
  return [...counts]
    .map(([name, { length }]): [string, number] => [name, (100 * length) / names.length])
    .toSorted(([, left], [, right]) => right - left)
}

function packageOf({ functionName, url }: Profile['nodes'][number]['callFrame']): string {
  const [, installed] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? []
  if (url.startsWith('wasm:')) return "Prisma's query compiler (WebAssembly)"
  if (installed !== undefined) return installed
  const [, ours] = /\/((?:packages|subgraphs)\/[^/]+)\//.exec(url) ?? []
  if (ours !== undefined) return ours
  // What no script stands for is native code of Node, or in parentheses, such as garbage collection.
  return functionName.startsWith('(') ? functionName : 'Node'
}

import { registerHooks, type LoadFnOutput } from 'node:module'
import { BREAKAGES, type Breakage } from './breakage.ts'

// The synchronous hooks see the source as it is on disk, before Node takes its types away.
const breakages = JSON.parse(process.env[BREAKAGES] ?? '[]') as Breakage[]

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    const concerned = breakages.filter(({ file }) => url.endsWith(`/${file}`))
    if (concerned.length === 0) return loaded
    let source = textOf(loaded.source)
    for (const { file, statement, replacement } of concerned) {
      if (!source.includes(statement)) throw new Error(`${file} does not have: ${statement}`)
      source = source.replace(statement, () => replacement)
    }
    return { ...loaded, source }
  },
})

function textOf(source: LoadFnOutput['source']): string {
  if (typeof source === 'string') return source
  return new TextDecoder().decode(source ?? undefined)
}

import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { gatewayVariables } from '@portico/gateway/config'
import { FILE_KEYS } from '@portico/gateway/config/file/layout'
import { z } from 'zod'
import type { Section } from './sections.ts'

/** Words of file names that are written in another way. */
const TITLES: Readonly<Record<string, string>> = { http: 'HTTP' }

/** What concerns every part comes first. */
const FIRST = 'process.ts'

/** The gateway's variables by the file of `gateway/src/config/` that reads them. A new file is found by itself. */
export async function readGatewaySections(root: string): Promise<Section[]> {
  const found = (await readdir(join(root, 'gateway/src/config'))).filter((file) => file.endsWith('.ts')).toSorted()
  const files = [FIRST, ...found.filter((file) => file !== FIRST)]
  const left = new Map(Object.entries<z.ZodType>(gatewayVariables.shape))
  const sections: Section[] = []
  for (const file of files) {
    const name = basename(file, '.ts')
    const module = (await import(`@portico/gateway/config/${name}`)) as Record<string, unknown>
    const schemas = Object.values(module).filter((exported) => exported instanceof z.ZodObject)
    const names = schemas.flatMap(({ shape }) => Object.keys(shape)).filter((variable) => left.has(variable))
    const variables = Object.fromEntries(names.flatMap((variable) => takeFrom(left, variable)))
    if (names.length > 0) sections.push({ title: titleOf(name), variables, keys: FILE_KEYS })
  }
  return sections
}

function takeFrom(left: Map<string, z.ZodType>, variable: string): [string, z.ZodType][] {
  const schema = left.get(variable)
  left.delete(variable)
  return schema ? [[variable, schema]] : []
}

function titleOf(name: string): string {
  const words = name.replaceAll('-', ' ')
  return TITLES[name] ?? words.charAt(0).toUpperCase() + words.slice(1)
}
